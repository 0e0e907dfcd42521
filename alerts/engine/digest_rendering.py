"""A digest as mail: the frame compiled once per language, each bulletin's item encoded once, joined per recipient.

Both are kept from claim to claim: what is published never changes. Of a recipient only the list of items is read.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from alerts.engine.claims import Claim
from alerts.engine.digest_fragments import UNSUBSCRIBE, Heading, Item, headings_of, items_of
from alerts.engine.eligibility import Recipient
from alerts.models import Bulletin, Dispatch
from channels.markup import inline_styles, mail_theme
from channels.message import (
    BulletinHeaders,
    CompiledMessage,
    Hole,
    Marks,
    compile_message,
    standard_headers,
)
from govnotify.lib.database import bigints, query
from govnotify.lib.languages import direction, spoken
from govnotify.lib.local_time import zone_of
from govnotify.lib.service import operator_address
from subscriptions.models import Topic

RUNS = 4  # kept per process: daily and weekly, and those whose retries are still under way
FRAGMENTS = 8_192  # bulletins kept per run, at about 2 KB; past that it begins anew
BULLETIN_BITS = 40
BULLETIN = (1 << BULLETIN_BITS) - 1  # the part of an item that is the bulletin's id
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


class DigestEdition:
    """One digest run, as the recipients of one claim get it: by agency, then topic, then as they were published."""

    def __init__(self, dispatch: Dispatch, claim: Claim) -> None:
        self._run = _run(dispatch.pk)
        self._items = _items(self._run, dispatch, claim)
        # Who has nothing left to read is told nothing.
        claim.recipients = [
            one if one.skip or one.id in self._items else one._replace(skip=WITHDRAWN) for one in claim.recipients
        ]
        self._words: dict[str, Words] = {}

    def prepare(self, recipients: Sequence[Recipient]) -> None:
        """Compile what these recipients need; after this `fill` asks nothing of the database."""
        wanted: dict[str, set[int]] = {}
        for recipient in recipients:
            self._run.frame(recipient.language, recipient.zone)
            wanted.setdefault(recipient.language, set()).update(self._items[recipient.id])
        self._words = {language: self._run.words(language, items) for language, items in wanted.items()}

    def fill(self, recipient: Recipient, values: Mapping[Hole, bytes]) -> bytes:
        """The digest of one recipient."""
        headings, bulletins = self._words[recipient.language]
        places, token = self._run.order.places, values[Hole.TOKEN]
        text: list[bytes] = []
        html: list[bytes] = []
        rank = agency = -1
        for item in self._items[recipient.id]:
            if item >> BULLETIN_BITS != rank:
                rank = item >> BULLETIN_BITS
                place = places[rank]
                heading = headings[rank].opening if place.agency_id != agency else headings[rank].further
                agency = place.agency_id
                text.append(token.join(heading.text))
                html.append(token.join(heading.html))
            bulletin = bulletins[item & BULLETIN]
            text.append(bulletin.text)
            html.append(bulletin.html)
        blocks = {Hole.ITEMS_TEXT: b"".join(text), Hole.ITEMS_HTML: b"".join(html)}
        return self._run.frame(recipient.language, recipient.zone).fill({**values, **blocks})

    def stops(self, recipient: Recipient) -> Sequence[int]:
        """No topics: the link of a digest ends digests (subscriptions.unsubscribing)."""
        return ()


def _items(run: "_Run", dispatch: Dispatch, claim: Claim) -> dict[int, list[int]]:
    """What is in each recipient's digest, by id, in its order; nobody who has nothing.

    An item is one number, the rank of its topic above the id of its bulletin: so it sorts and hashes in no time.
    """
    readers = {recipient.id for recipient in claim.recipients if not recipient.skip}
    values = {"month": dispatch.month, "dispatch": dispatch.pk, "recipients": bigints(readers)}
    rows = query(ITEMS, values)
    wanted = {bulletin_id for _, bulletin_id, _ in rows}
    versions = Bulletin.objects.versions(wanted)
    withdrawn = wanted - versions.keys()
    if withdrawn and claim.token == 1:  # an earlier claim of these may have told them
        query(LEAVE_OUT, values | {"withdrawn": bigints(withdrawn)})
    ranks = run.ranks({topic_id for _, _, topic_id in rows})
    found: dict[int, list[int]] = {}
    for recipient_id, bulletin_id, topic_id in rows:
        if bulletin_id in versions:
            found.setdefault(recipient_id, []).append(ranks[topic_id] << BULLETIN_BITS | versions[bulletin_id])
    for items in found.values():
        items.sort()
    return found


class Place(NamedTuple):
    """Where a topic stands among all others: what its rank leads to."""

    agency_id: int
    topic_id: int


class Order(NamedTuple):
    """All topics by their agency's name and then their own."""

    places: list[Place]  # by rank
    ranks: dict[int, int]  # by the topic's id


class Words(NamedTuple):
    """What is said in one language: headings by the rank of their topic, bulletins by id."""

    headings: dict[int, Heading]
    bulletins: dict[int, Item]


class _Run:
    """What a process keeps of a digest run: frames and fragments, compiled on first use."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._frames: dict[tuple[str, date], CompiledMessage] = {}
        self._frames_of: dict[tuple[str, str], CompiledMessage] = {}  # by language and zone of those who get them
        self._words: dict[str, Words] = {}  # by language
        self.order = _order()

    def frame(self, language: str, zone: str) -> CompiledMessage:
        """The digest in the language, with the date that it is in the zone, and a hole for the items."""
        key = language, zone
        if key not in self._frames_of:
            shown = spoken(language), self._dispatch.cut_off.astimezone(zone_of(zone)).date()
            if shown not in self._frames:
                self._frames[shown] = _frame(self._dispatch, *shown)
            self._frames_of[key] = self._frames[shown]
        return self._frames_of[key]

    def words(self, language: str, items: set[int]) -> Words:
        """At least those of these items, for as long as the caller keeps them."""
        if sum(len(words.bulletins) for words in self._words.values()) > FRAGMENTS:
            self._words = {}
        words = self._words.setdefault(language, Words({}, {}))
        if new := {item >> BULLETIN_BITS for item in items} - words.headings.keys():
            rank_of = {self.order.places[rank].topic_id: rank for rank in new}
            made = headings_of(rank_of.keys(), language)
            words.headings.update((rank_of[topic_id], heading) for topic_id, heading in made.items())
        if missing := {item & BULLETIN for item in items} - words.bulletins.keys():
            words.bulletins.update(items_of(missing, language))
        return words

    def ranks(self, topic_ids: set[int]) -> Mapping[int, int]:
        """At least of these topics. Ranks stay what they are: a topic that is new since the run began comes last."""
        if new := topic_ids - self.order.ranks.keys():
            for place in _order(new).places:
                self.order.ranks[place.topic_id] = len(self.order.places)
                self.order.places.append(place)
        return self.order.ranks


def _order(topic_ids: Collection[int] | None = None) -> Order:
    topics = Topic.objects.all() if topic_ids is None else Topic.objects.filter(pk__in=topic_ids)
    rows = topics.values_list("agency__name", "agency_id", "name", "pk")
    ordered = sorted((agency.casefold(), agency_id, name.casefold(), pk) for agency, agency_id, name, pk in rows)
    places = [Place(agency_id, pk) for _, agency_id, _, pk in ordered]
    return Order(places, {place.topic_id: rank for rank, place in enumerate(places)})


@lru_cache(maxsize=RUNS)
def _run(dispatch_id: int) -> _Run:
    return _Run(Dispatch.objects.get(pk=dispatch_id))


def _frame(dispatch: Dispatch, language: str, day: date) -> CompiledMessage:
    """All of it are our own phrases, so it is in a language that we speak; each item is marked with its own."""
    marks = Marks()
    unsubscribe_url = settings.SITE_URL + UNSUBSCRIBE
    context: dict[str, Any] = {
        "language": language,
        "dir": direction(language),
        "frequency": dispatch.period,
        "date": day,
        "sender_name": settings.SERVICE_NAME,
        "sender_url": settings.SITE_URL,
        "theme": mail_theme(settings.SERVICE_COLOUR),
        "manage_url": settings.SITE_URL + reverse("me"),
        "privacy_url": settings.SITE_URL + reverse("privacy"),
        "accessibility_url": settings.SITE_URL + reverse("accessibility"),
        "unsubscribe_url": unsubscribe_url + marks.mark(Hole.TOKEN),
    }
    with translation.override(language):
        context["sender_address"] = operator_address()
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
