"""Languages by their tags (BCP 47): direction, names, which of them we speak, which of several a reader gets."""

from collections.abc import Sequence
from typing import Literal

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_supported_language_variant, gettext

# Scripts and languages written from right to left, by their primary subtag or script (Unicode, "Bidi").
RTL_LANGUAGES = {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ku", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
RTL_SCRIPTS = {"adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa"}


def direction(tag: str) -> Literal["ltr", "rtl"]:
    """The value of HTML's `dir` for a text in the language. A script in the tag decides over the language."""
    primary, *others = tag.lower().split("-")
    scripts = [part for part in others if len(part) == 4 and part.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in RTL_SCRIPTS else "ltr"
    return "rtl" if primary in RTL_LANGUAGES else "ltr"


def language_name(tag: str) -> str:
    """What the language calls itself; the tag where Django does not know it."""
    info = LANG_INFO.get(tag.lower()) or LANG_INFO.get(tag.lower().partition("-")[0]) or {}
    return str(info.get("name_local", tag))


def language_in_words(tag: str) -> str:
    """What the language in use calls it (“French”); "" where Django does not know it."""
    info = LANG_INFO.get(tag.lower()) or LANG_INFO.get(tag.lower().partition("-")[0]) or {}
    return gettext(str(info["name"])) if "name" in info else ""


def same_language(tag: str, other: str) -> bool:
    """Whether who reads one reads the other: “fr” and “fr-CA” do."""
    return tag.lower().partition("-")[0] == other.lower().partition("-")[0]


def nearest(offered: Sequence[str], *wanted: str) -> int:
    """The place of the tag that a reader gets: nearest to the first one wanted, else to the second, …, else the first.

    Near “fr-CA” are, in this order: itself, its base language “fr”, another form of that such as “fr-BE”.
    """

    def distance(place: int) -> tuple[bool | int, ...]:
        far = [_far(offered[place].lower(), tag.lower()) for tag in wanted]
        return *(step for steps in far for step in steps), place

    return min(range(len(offered)), key=distance)


def spoken(tag: str) -> str:
    """The language of our own phrases around a text in the language: it, where we have them in it, else our first."""
    try:
        return get_supported_language_variant(tag)
    except LookupError:
        return settings.LANGUAGE_CODE


def phrases_attributes(tag: str) -> str:
    """What marks our own phrases in a text of the language where they are in another (WCAG 2.2, 3.1.2), else ""."""
    return language_attributes(spoken(tag), around=tag)


def language_attributes(tag: str, *, around: str) -> SafeString:
    """What marks a phrase of the language in a text of another; "" where they are the same but for their form."""
    if same_language(tag, around):
        return SafeString("")
    return format_html(' lang="{}" dir="{}"', tag, direction(tag))


def _far(tag: str, wanted: str) -> tuple[bool, bool, bool]:
    """How little a tag is like the one wanted: not it, not its base language, not another form of that."""
    return tag != wanted, tag != wanted.partition("-")[0], not same_language(tag, wanted)
