"""Languages by their tags (BCP 47): which way they are written, what they call themselves, which of them we speak."""

from typing import Literal

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils.html import format_html
from django.utils.translation import get_supported_language_variant

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


def spoken(tag: str) -> str:
    """The language of our own phrases around a text in the language: it, where we have them in it, else our first."""
    try:
        return get_supported_language_variant(tag)
    except LookupError:
        return settings.LANGUAGE_CODE


def phrases_attributes(tag: str) -> str:
    """What marks our own phrases in a text of the language where they are in another (WCAG 2.2, 3.1.2), else ""."""
    ours = spoken(tag)
    if ours.partition("-")[0].lower() == tag.partition("-")[0].lower():
        return ""
    return format_html(' lang="{}" dir="{}"', ours, direction(ours))
