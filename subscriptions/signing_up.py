"""Signing up: somebody typed an address and chose topics. Nothing of it happens before the address confirms.

Known and unknown addresses get the same answer for the same statements; what differs is said in the mail.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from channels.address import Address, parse_address
from govnotify.lib.queues import Queue, wake
from subscriptions.address_rows import ensure_row
from subscriptions.areas import MOST as MOST_AREAS
from subscriptions.limits import admit_sign_up
from subscriptions.models import Frequency, OutboxMessage, Place, SignUp, Subscriber, Suppression, Topic
from subscriptions.subscribing import OWN_PAGES

DAY = timedelta(days=1)
MOST_TRIES = 3  # mails in a day where none could be sent
MOST_TOPICS = 200  # in one sign-up, whoever added to it
CONFIRMATIONS = (OutboxMessage.Kind.CONFIRM, OutboxMessage.Kind.ALREADY_SUBSCRIBED)


def sign_up(
    *,
    email: str,
    choices: Mapping[Topic, Frequency],
    language: str,
    page: str,
    ip: str,
    areas: Iterable[Place] = (),
    sources: Mapping[int, int] = OWN_PAGES,
) -> None:
    """Ask the address to confirm these topics, at most once a day whatever is asked for in that time.

    `areas` are the places that it wants to hear about, none for every place; `page` is where the form was filled in;
    `sources` are ids of `Source` by topic id.
    Raises BadAddress and RateLimited.
    """
    address = parse_address(email)
    admit_sign_up(ip=ip, address=address)
    with transaction.atomic():
        subscriber = _locked_subscriber(address, language)
        request = _merged_sign_up(subscriber, choices, areas, language, page, sources)
        if not _had_a_mail_today(subscriber):
            kind = OutboxMessage.Kind.CONFIRM if _changes_something(request) else OutboxMessage.Kind.ALREADY_SUBSCRIBED
            OutboxMessage.objects.create(kind=kind, subscriber=subscriber, subject_id=request.pk)
        transaction.on_commit(lambda: wake(Queue.TRANSACTIONAL))  # also with no mail to send: the same for everybody


def _locked_subscriber(address: Address, language: str) -> Subscriber:
    """The address's row, made where there is none; under its lock two forms sent at once send one mail."""
    return ensure_row(address=address, language=language).select_for_update().get()


def _merged_sign_up(
    subscriber: Subscriber,
    choices: Mapping[Topic, Frequency],
    areas: Iterable[Place],
    language: str,
    page: str,
    sources: Mapping[int, int],
) -> SignUp:
    """The day's one sign-up with these choices added. The link that was mailed for it works for all of them.

    One that was confirmed opens again with the new choices alone: the others may have been left since. What this form
    asks for always has its place, however much was asked for before: that may have been somebody else.
    """
    chosen = {str(topic.pk): str(frequency) for topic, frequency in choices.items()}
    today = subscriber.sign_ups.filter(created_at__gt=timezone.now() - DAY).order_by("-pk").first()
    request = today or SignUp(subscriber=subscriber)
    anew = today is None or today.confirmed_at is not None
    came = {topic: sources[int(topic)] for topic in chosen if int(topic) in sources}
    if anew:
        request.choices, request.sources = chosen, came
    else:  # what was asked for twice came from where it was asked for first
        request.sources |= {topic: source for topic, source in came.items() if topic not in request.choices}
        request.choices = _bounded(chosen, request.choices)
        request.sources = {topic: source for topic, source in request.sources.items() if topic in request.choices}
    wanted = {place.pk for place in areas}
    before = [] if anew else [place for place in request.areas if place not in wanted]
    request.areas = sorted([*wanted, *before[: max(0, MOST_AREAS - len(wanted))]])
    request.confirmed_at = None
    request.language, request.page = language, page[:200]
    request.save()
    return request


def _bounded(chosen: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """All that is chosen now, and of what was before as much as there is room for."""
    others = [(topic, frequency) for topic, frequency in before.items() if topic not in chosen]
    return chosen | dict(others[: max(0, MOST_TOPICS - len(chosen))])


def _had_a_mail_today(subscriber: Subscriber) -> bool:
    """Whether one is on its way or was sent. One that could not be sent does not count, but not for ever."""
    today = subscriber.outbox.filter(kind__in=CONFIRMATIONS, created_at__gt=timezone.now() - DAY)
    became = list(today.values_list("status", flat=True)[:MOST_TRIES])
    return len(became) == MOST_TRIES or any(status != OutboxMessage.Status.FAILED for status in became)


def _changes_something(request: SignUp) -> bool:
    """Also for somebody who has it all but is no longer written to: confirming lifts the suppression."""
    current = request.subscriber.subscriptions.current().values_list("topic_id", "frequency")
    has = {str(topic_id): frequency for topic_id, frequency in current}
    active = request.subscriber.status == Subscriber.Status.ACTIVE
    suppressed = Suppression.objects.filter(address_key=request.subscriber.address_key).exists()
    asks_more = any(has.get(topic_id) != frequency for topic_id, frequency in request.choices.items())
    elsewhere = set(request.areas) - set(request.subscriber.area_links.values_list("place", flat=True))
    return not active or suppressed or asks_more or bool(elsewhere)
