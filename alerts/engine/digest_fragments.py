"""The parts of a digest, each rendered and encoded once: the headings of agencies and topics, and the bulletins."""

import textwrap
from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from agencies.models import Agency
from alerts.models import Bulletin
from channels.markup import beginning, mail_theme, shorten
from channels.message import Hole, Marks, Part, encode_around, encode_fragment
from govnotify.lib.languages import direction, language_attributes, phrases_attributes, spoken
from subscriptions.models import Topic

SUMMARY = 240  # characters of a bulletin's summary, or of its text where its editor wrote none
WIDTH = 72  # characters of a line of text
UNSUBSCRIBE = "/u/"


class Fragment(NamedTuple):
    """Lines encoded for the holes of the items. Between two parts of it stands the recipient's token."""

    text: tuple[bytes, ...]
    html: tuple[bytes, ...]


class Heading(NamedTuple):
    """Of a topic: as the first of its agency, whose own heading it then begins with, and after another one."""

    opening: Fragment
    further: Fragment


class Item(NamedTuple):
    """What is the same for all readers of a language, encoded for the holes of the items."""

    text: bytes
    html: bytes


def headings_of(topic_ids: Collection[int], language: str) -> dict[int, Heading]:
    """The headings of these topics, by id; one query."""
    topics = Topic.objects.select_related("agency").filter(pk__in=topic_ids)
    return {topic.pk: _heading(topic, spoken(language)) for topic in topics}


def items_of(bulletin_ids: Collection[int], language: str) -> dict[int, Item]:
    """These bulletins for a reader of the language, by id; two queries."""
    bulletins = Bulletin.objects.select_related("agency").prefetch_related("variants").filter(pk__in=bulletin_ids)
    return {bulletin.pk: _item(bulletin, language) for bulletin in bulletins}


def _heading(topic: Topic, language: str) -> Heading:
    agency, further = _of_agency(topic.agency, language), _of_topic(topic, language)
    opening = Fragment(
        (agency.text + further.text[0], *further.text[1:]), (agency.html + further.html[0], *further.html[1:])
    )
    return Heading(opening, further)


def _of_agency(agency: Agency, language: str) -> Item:
    with translation.override(language):
        context = {"name": agency.local_name, "named": _name_attributes(agency, agency, language)}
        text = render_to_string("emails/digest/agency.txt", context)
        html = render_to_string("emails/digest/agency.html", context)
    return Item(encode_fragment(_wrapped(text).strip("\n") + "\n\n"), encode_fragment(html + "\n"))


def _of_topic(topic: Topic, language: str) -> Fragment:
    """With the link that ends it, in which the token is the recipient's."""
    marks = Marks()
    stop_url = f"{settings.SITE_URL}{UNSUBSCRIBE}{marks.mark(Hole.TOKEN)}?topic={topic.pk}"
    with translation.override(language):
        context = {
            "name": topic.local_name,
            "named": _name_attributes(topic, topic.agency, language),
            "stop_url": stop_url,
            "theme": mail_theme(topic.agency.colour),
        }
        text = render_to_string("emails/digest/topic.txt", context)
        html = render_to_string("emails/digest/topic.html", context)
    pieces = marks.split(_wrapped(text).strip("\n") + "\n\n", Part.TEXT), marks.split(html + "\n", Part.HTML)
    return Fragment(encode_around(pieces[0]), encode_around(pieces[1]))


def _item(bulletin: Bulletin, language: str) -> Item:
    variant = bulletin.variant_for(language)
    assert variant is not None  # noqa: S101  nothing is published without one
    context = {
        "title": variant.title,
        "summary": shorten(variant.summary, length=SUMMARY) or beginning(variant.html, length=SUMMARY),
        "correction": bulletin.is_correction,
        "web_url": settings.SITE_URL + bulletin.get_absolute_url(),
        "language": variant.language,
        "dir": direction(variant.language),
        "phrases": phrases_attributes(variant.language),
        "theme": mail_theme(bulletin.agency.colour),
    }
    with translation.override(spoken(variant.language)):
        text = _wrapped(render_to_string("emails/digest/item.txt", context))
        html = render_to_string("emails/digest/item.html", context)
    return Item(encode_fragment(text.strip("\n") + "\n\n"), encode_fragment(html + "\n"))


def _name_attributes(named: Agency | Topic, agency: Agency, language: str) -> SafeString:
    """What marks a name that is in its agency's language and not in the mail's (WCAG 2.2, 3.1.2), else ""."""
    is_translated = named.local_name != named.name
    return language_attributes(language if is_translated else agency.default_language, around=language)


def _wrapped(text: str) -> str:
    """Each line in lines of at most WIDTH, the further ones indented; an address that is longer stays whole."""
    wrap = textwrap.TextWrapper(WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrap.fill(line) for line in text.splitlines())
