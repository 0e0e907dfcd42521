"""What may be said: every rule on titles, bodies, languages and topics, whoever sends them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Agency
from alerts.models.bulletin import BODY_LENGTH, EVENT_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH, BulletinVariant
from subscriptions.models import Place, Topic

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # the shape of a BCP 47 tag
TOPICS = 20
VARIANTS = 24
AREAS = 100


class ContentRefused(Exception):  # noqa: N818  named as what happened
    """`errors` maps a field ("title", "topics", "variants.1.body") to what is wrong with it and the way out."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(texts)}" for field, texts in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class VariantText:
    """One language of a bulletin as somebody wrote it."""

    language: str
    title: str
    body: str
    body_format: str = BulletinVariant.Format.MARKDOWN
    summary: str = ""
    instruction: str = ""
    event: str = ""  # of an alert


def check_content(
    *,
    agency: Agency,
    topics: Sequence[Topic],
    variants: Sequence[VariantText],
    areas: Sequence[Place] = (),
) -> None:
    """Raise ContentRefused, with every fault at once, unless this can be published by the agency."""
    errors: dict[str, list[str]] = {}
    if closed := [place.code for place in areas if place.closed_at]:
        errors["areas"] = [_("The place “%s” is no longer in the register; choose another.") % code for code in closed]
    if problem := _topics_problem(agency, topics):
        errors["topics"] = [problem]
    if not variants:
        errors["variants"] = [_("Write the bulletin in at least one language.")]
    elif len(variants) > VARIANTS:
        said = ngettext("At most %(most)d language.", "At most %(most)d languages.", VARIANTS)
        errors["variants"] = [said % {"most": VARIANTS}]
    for number, variant in enumerate(variants):
        prefix = f"variants.{number}." if len(variants) > 1 else ""
        errors |= {prefix + field: [problem] for field, problem in _variant_problems(variant)}
        if variant.language in {other.language for other in variants[:number]}:
            errors[prefix + "language"] = [_("The language “%s” is there twice.") % variant.language]
    if errors:
        raise ContentRefused(errors)


def _topics_problem(agency: Agency, topics: Sequence[Topic]) -> str | None:
    if not topics:
        return _("Choose at least one topic.")
    if len(topics) > TOPICS:
        return ngettext("Choose at most %(most)d topic.", "Choose at most %(most)d topics.", TOPICS) % {"most": TOPICS}
    foreign = [topic for topic in topics if topic.agency_id != agency.pk]
    if foreign:
        return _("“%(topic)s” is not a topic of %(agency)s.") % {"topic": foreign[0].slug, "agency": agency}
    closed = [topic for topic in topics if topic.closed_at]
    if closed:
        return _("The topic “%s” is closed.") % closed[0].slug
    return None


def _variant_problems(variant: VariantText) -> list[tuple[str, str]]:
    found = [
        ("language", _language_problem(variant.language)),
        ("title", _line_problem(variant.title, TITLE_LENGTH, required=True)),
        ("event", _line_problem(variant.event, EVENT_LENGTH, required=False)),
        ("summary", _line_problem(variant.summary, SUMMARY_LENGTH, required=False)),
        ("body", _body_problem(variant.body)),
        ("instruction", _body_problem(variant.instruction) if variant.instruction else None),
        ("body_format", _format_problem(variant.body_format)),
    ]
    return [(field, problem) for field, problem in found if problem]


def _language_problem(language: str) -> str | None:
    if len(language) <= 35 and LANGUAGE.fullmatch(language):
        return None
    return _("“%s” is not a language tag such as “en” or “pt-BR”.") % language[:40]


def _line_problem(text: str, longest: int, *, required: bool) -> str | None:
    if not text.strip():
        return _("Write a title.") if required else None
    if "\r" in text or "\n" in text:
        return _("Write it on one line: it becomes a mail header, which cannot hold a line break.")
    if _has_control(text):
        return _("It holds a control character; remove it.")
    if len(text) > longest:
        return _too_long(text, longest)
    return None


def _body_problem(text: str) -> str | None:
    if not text.strip():
        return _("Write a text.")
    if "\x00" in text:
        return _("It holds a NUL character; remove it.")
    if len(text) > BODY_LENGTH:
        return _too_long(text, BODY_LENGTH)
    return None


def _too_long(text: str, longest: int) -> str:
    said = ngettext(
        "It has %(length)d character; at most %(longest)d fit.",
        "It has %(length)d characters; at most %(longest)d fit.",
        len(text),
    )
    return said % {"length": len(text), "longest": longest}


def _format_problem(body_format: str) -> str | None:
    if body_format in BulletinVariant.Format.values:
        return None
    return _("“%s” is neither “markdown” nor “html”.") % body_format[:40]


def _has_control(text: str) -> bool:
    return any(unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in text)
