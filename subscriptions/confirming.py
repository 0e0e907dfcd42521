"""Confirming a sign-up: the person at the address pressed the button, so what was asked for happens."""

import hashlib
import json
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from channels.tokens import read_timed_token, timed_token
from subscriptions.areas import areas_after, put_areas
from subscriptions.keys import signer
from subscriptions.models import ConsentRecord, Frequency, SignUp, Subscriber, Suppression, Topic
from subscriptions.subscribing import subscribe

LINK_WORKS_FOR = timedelta(days=7)  # as long as an unconfirmed sign-up is kept
_PURPOSE = "confirm"


class NothingLeft(Exception):  # noqa: N818  named as what happened
    """Every topic was turned down: there is nothing to confirm."""


class ChoicesChanged(Exception):  # noqa: N818  named as what happened
    """More was asked for at this address since the page was shown: show it again."""


def confirmation_token(sign_up: SignUp) -> str:
    """What stands in the mailed link; valid from now on for LINK_WORKS_FOR."""
    return timed_token(signer(), _PURPOSE, sign_up.pk, timezone.now())


def sign_up_of(token: str) -> SignUp:
    """The sign-up that the link names. Raises BadToken, ExpiredToken, SignUp.DoesNotExist (cleared away)."""
    read = read_timed_token(signer(), _PURPOSE, token, max_age=LINK_WORKS_FOR, now=timezone.now())
    return SignUp.objects.select_related("subscriber").get(pk=read.payload)


def chosen_topics(sign_up: SignUp) -> dict[Topic, Frequency]:
    """What was asked for and can still be had, by name."""
    topics = Topic.objects.public().filter(pk__in=sign_up.choices).select_related("agency")
    return {topic: Frequency(sign_up.choices[str(topic.pk)]) for topic in topics}


def fingerprint(sign_up: SignUp) -> str:
    """Of everything that the confirmation page shows: only what was seen can be confirmed."""
    areas = sorted(areas_after(sign_up).values_list("pk", flat=True))
    seen = json.dumps([sign_up.choices, sign_up.language, areas], sort_keys=True)
    return hashlib.sha256(seen.encode()).hexdigest()[:32]


@transaction.atomic
def confirm(*, sign_up: SignUp, seen: str, without: Collection[int] = ()) -> None:
    """Give what `seen` (of `fingerprint`) stands for, and lift the address's suppression. Twice is once.

    `without` are ids of topics that the person has turned down: anybody may have added to what is asked for at an
    address. Raises ChoicesChanged, and NothingLeft where all are turned down.
    """
    subscriber = Subscriber.objects.select_for_update().get(pk=sign_up.subscriber_id)
    locked = SignUp.objects.select_for_update().get(pk=sign_up.pk)
    locked.subscriber = subscriber
    if fingerprint(locked) != seen:
        raise ChoicesChanged
    if locked.confirmed_at:
        return
    _turn_down(locked, without)
    locked.confirmed_at = timezone.now()
    locked.save(update_fields=["confirmed_at", "choices", "sources"])
    subscriber.language = locked.language
    subscriber.save(update_fields=["language"])
    put_areas(subscriber=subscriber, places=areas_after(locked))
    subscribe(
        subscriber=subscriber,
        choices=chosen_topics(locked),
        way=ConsentRecord.Way.CONFIRMED,
        page=locked.page,
        sources={int(topic): source for topic, source in locked.sources.items()},
    )
    Suppression.objects.filter(address_key=subscriber.address_key).delete()


def _turn_down(sign_up: SignUp, topics: Collection[int]) -> None:
    """Leave these topics out of it, for good: its page then shows what was confirmed."""
    if not topics:
        return
    kept = {topic: frequency for topic, frequency in sign_up.choices.items() if int(topic) not in topics}
    if not kept:
        raise NothingLeft
    sign_up.choices = kept
    sign_up.sources = {topic: source for topic, source in sign_up.sources.items() if topic in kept}
