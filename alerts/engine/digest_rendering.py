"""A digest as mail: the frame compiled once per language, each bulletin's item encoded once, joined per recipient.

Both are kept from claim to claim: what is published never changes. Of a recipient only the list of items is read.
"""

import textwrap
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from alerts.engine.claims import Claim, Recipient
from alerts.models import Bulletin, Dispatch
from channels.markup import beginning, inline_styles, mail_theme, shorten
from channels.message import (
    BulletinHeaders,
    CompiledMessage,
    Hole,
    Marks,
    compile_message,
    encode_fragment,
    standard_headers,
)
from govnotify.lib.database import bigints, query
from govnotify.lib.languages import direction, phrases_attributes, spoken
from subscriptions.models import Topic

SUMMARY = 240  # characters of a bulletin's summary, or of its text where its editor wrote none
WIDTH = 72  # characters of a line of text
RUNS = 4  # kept per process: daily and weekly, and those whose retries are still under way
FRAGMENTS = 8_192  # kept per run, at about 2 KB; past that it begins anew
WITHDRAWN = "withdrawn"  # why somebody gets no digest, all of whose bulletins were withdrawn meanwhile

# In the order of publication. Rows as they come, without objects: 1 µs each instead of 25.
ITEMS = """
SELECT recipient_id, bulletin_id, topics[1] FROM alerts_digestitem
WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_id = ANY(%(recipients)s::bigint[])
  AND topics <> '{}'
ORDER BY recipient_id, bulletin_id
"""
# An item without topics stands for a bulletin that was left out, so that nobody counts as having got it.
LEAVE_OUT = """
UPDATE alerts_digestitem SET topics = '{}'
WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_id = ANY(%(recipients)s::bigint[])
  AND bulletin_id = ANY(%(withdrawn)s::bigint[])
"""


class Piece(NamedTuple):
    """What a fragment is made from: one bulletin in the language of its reader, found through a topic."""

    language: str
    bulletin_id: int
    topic_id: int


class Fragment(NamedTuple):
    """A bulletin as it stands in a digest, encoded for its holes."""

    text: bytes
    html: bytes


class DigestEdition:
    """One digest run, as the recipients of one claim get it."""

    def __init__(self, dispatch: Dispatch, claim: Claim) -> None:
        self._run = _run(dispatch.pk)
        self._pieces = _pieces(dispatch, claim)
        # Who has nothing left to read is told nothing.
        claim.recipients = [
            one if one.skip or one.id in self._pieces else one._replace(skip=WITHDRAWN) for one in claim.recipients
        ]
        self._fragments: Mapping[Piece, Fragment] = {}

    def prepare(self, recipients: Sequence[Recipient]) -> None:
        """Compile what these recipients need; after this `fill` asks nothing of the database."""
        for language in {recipient.language for recipient in recipients}:
            self._run.frame(language)
        self._fragments = self._run.fragments(
            {piece for recipient in recipients for piece in self._pieces[recipient.id]}
        )

    def fill(self, recipient: Recipient, values: Mapping[Hole, bytes]) -> bytes:
        """The digest of one recipient."""
        items = [self._fragments[piece] for piece in self._pieces[recipient.id]]
        blocks = {
            Hole.ITEMS_TEXT: b"".join([item.text for item in items]),
            Hole.ITEMS_HTML: b"".join([item.html for item in items]),
        }
        return self._run.frame(recipient.language).fill({**values, **blocks})


def _pieces(dispatch: Dispatch, claim: Claim) -> dict[int, list[Piece]]:
    """What is in each recipient's digest, by id; nobody who has nothing."""
    languages = {recipient.id: recipient.language for recipient in claim.recipients if not recipient.skip}
    values = {"month": dispatch.month, "dispatch": dispatch.pk, "recipients": bigints(languages)}
    rows = query(ITEMS, values)
    wanted = {bulletin_id for _, bulletin_id, _ in rows}
    versions = Bulletin.objects.versions(wanted)
    withdrawn = wanted - versions.keys()
    if withdrawn and claim.token == 1:  # an earlier claim of these may have told them
        query(LEAVE_OUT, values | {"withdrawn": bigints(withdrawn)})
    found: dict[int, list[Piece]] = {}
    for recipient_id, bulletin_id, topic_id in rows:
        if bulletin_id in versions:
            found.setdefault(recipient_id, []).append(Piece(languages[recipient_id], versions[bulletin_id], topic_id))
    return found


class _Run:
    """What a process keeps of a digest run: frames and fragments, compiled on first use."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._frames: dict[str, CompiledMessage] = {}
        self._fragments: dict[Piece, Fragment] = {}

    def frame(self, language: str) -> CompiledMessage:
        """The digest in the language, with a hole for the items."""
        if language not in self._frames:
            self._frames[language] = _frame(self._dispatch, language)
        return self._frames[language]

    def fragments(self, pieces: set[Piece]) -> Mapping[Piece, Fragment]:
        """At least these, for as long as the caller keeps them."""
        if len(self._fragments) > FRAGMENTS:
            self._fragments = {}
        missing = pieces - self._fragments.keys()
        if missing:
            bulletins = (
                Bulletin.objects.select_related("agency")
                .prefetch_related("variants")
                .in_bulk({piece.bulletin_id for piece in missing})
            )
            topics = Topic.objects.in_bulk({piece.topic_id for piece in missing})
            for piece in missing:
                self._fragments[piece] = _fragment(bulletins[piece.bulletin_id], topics[piece.topic_id], piece.language)
        return self._fragments


@lru_cache(maxsize=RUNS)
def _run(dispatch_id: int) -> _Run:
    return _Run(Dispatch.objects.get(pk=dispatch_id))


def _frame(dispatch: Dispatch, language: str) -> CompiledMessage:
    """All of it are our own phrases, so it is in a language that we speak; each item is marked with its own."""
    marks = Marks()
    language = spoken(language)
    unsubscribe_url = f"{settings.SITE_URL}/u/"
    context: dict[str, Any] = {
        "language": language,
        "dir": direction(language),
        "frequency": dispatch.period,
        "date": dispatch.cut_off.date(),
        "sender_name": settings.SERVICE_NAME,
        "sender_address": settings.SERVICE_POSTAL_ADDRESS,
        "sender_url": settings.SITE_URL,
        "theme": mail_theme(settings.SERVICE_COLOUR),
        "manage_url": settings.SITE_URL + reverse("me"),
        "privacy_url": settings.SITE_URL + reverse("privacy"),
        "accessibility_url": settings.SITE_URL + reverse("accessibility"),
        "unsubscribe_url": unsubscribe_url + marks.mark(Hole.TOKEN),
    }
    with translation.override(language):
        context["subject"] = subject = render_to_string("emails/digest/subject.txt", context).strip()
        text = render_to_string("emails/digest/body.txt", context | {"items": marks.mark(Hole.ITEMS_TEXT)})
        html = render_to_string("emails/digest/body.html", context | {"items": marks.mark(Hole.ITEMS_HTML)})
    domain = settings.SERVICE_ADDRESS.rpartition("@")[2]
    headers = BulletinHeaders(
        from_name=settings.SERVICE_NAME,
        from_address=settings.DIGEST_ADDRESS,
        subject=subject,
        date=dispatch.cut_off,
        message_id_domain=domain,
        language=language,
        lane="digest",
        list_name=f"{settings.SERVICE_NAME} {dispatch.period}",
        list_id=f"digest-{dispatch.period}.{domain}",
        help_url=settings.SITE_URL + reverse("me"),
        owner_url=f"mailto:{settings.SERVICE_ADDRESS}",
        archive_url=settings.SITE_URL + reverse("archive"),
        unsubscribe_url=unsubscribe_url,
        feedback_campaign=str(dispatch.pk),
        feedback_agency="platform",
        feedback_sender="govnotify",
    )
    return compile_message(headers=standard_headers(headers, marks), text=text, html=inline_styles(html), marks=marks)


def _fragment(bulletin: Bulletin, topic: Topic, language: str) -> Fragment:
    variant = bulletin.variant_for(language)
    assert variant is not None  # noqa: S101  nothing is published without one
    with translation.override(variant.language):
        names = {"topic_name": topic.local_name, "sender_name": bulletin.agency.local_name}
    context = names | {
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
    return Fragment(encode_fragment(text.strip("\n") + "\n\n"), encode_fragment(html + "\n"))


def _wrapped(text: str) -> str:
    """Each line in lines of at most WIDTH, the further ones indented; an address that is longer stays whole."""
    wrap = textwrap.TextWrapper(WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrap.fill(line) for line in text.splitlines())
