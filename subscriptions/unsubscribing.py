"""Unsubscribing by a mail's link, which names the person and the matched topics and can do nothing else.

A digest has bulletins on many topics: its link names none, and what it ends by itself is digests.
"""

import enum
from dataclasses import replace
from datetime import timedelta

from django.core import signing
from django.utils.dateparse import parse_datetime

from channels.tokens import UnsubscribeToken, read_unsubscribe_token
from subscriptions.ending import Ended, end, restore
from subscriptions.keys import signer
from subscriptions.models import ConsentRecord, Frequency, Subscriber, Subscription, Topic

UNDO_WORKS_FOR = timedelta(days=1)
_SALT = "subscriptions.undo"


class Scope(enum.StrEnum):
    """How much to leave."""

    MATCHED = "matched"  # the topics that the bulletin matched
    AGENCY = "agency"  # everything of their agencies
    DIGESTS = "digests"  # whatever comes once a day or once a week
    TOPIC = "topic"  # the one that a link in a digest stands beside
    EVERYTHING = "everything"


def read(token: str) -> UnsubscribeToken:
    """What the link says; of a person who was joined to another, it names that one. Raises BadToken."""
    said = read_unsubscribe_token(signer(), token)
    person = Subscriber.objects.standing_for(said.subscriber_id)
    return replace(said, subscriber_id=person.pk) if person else said


def first_scope(token: UnsubscribeToken) -> Scope:
    """What the mail program's one click ends."""
    return Scope.MATCHED if token.topic_ids else Scope.DIGESTS


def unsubscribe(
    *,
    token: UnsubscribeToken,
    scope: Scope,
    topic_id: int = 0,
    way: ConsentRecord.Way = ConsentRecord.Way.LINK,
    page: str = "",
) -> Ended:
    """End what the scope covers. Any number of times, also for somebody who has left or was erased."""
    subscriptions = Subscription.objects.all()
    if scope is Scope.MATCHED:
        subscriptions = subscriptions.filter(topic__in=token.topic_ids)
    elif scope is Scope.AGENCY:
        agencies = Topic.objects.filter(pk__in=token.topic_ids).values("agency")
        subscriptions = subscriptions.filter(topic__agency__in=agencies)
    elif scope is Scope.DIGESTS:
        subscriptions = subscriptions.exclude(frequency=Frequency.IMMEDIATE)
    elif scope is Scope.TOPIC:
        subscriptions = subscriptions.filter(topic=topic_id)
    return end(subscriber_id=token.subscriber_id, among=subscriptions, way=way, page=page)


def undo_token(ended: Ended) -> str:
    """Shown to whoever has just unsubscribed: takes back that one act and nothing else."""
    return signing.dumps([ended.subscriber_id, ended.at.isoformat()], salt=_SALT)


def undo(*, undo_token: str, subscriber_id: int, page: str = "") -> int:
    """Take back what this subscriber has just ended; how many topics came back. Any number of times.

    Raises signing.BadSignature for a token that is not ours, is too old or is somebody else's.
    """
    owner, at = signing.loads(undo_token, salt=_SALT, max_age=UNDO_WORKS_FOR)
    moment = parse_datetime(at)
    if owner != subscriber_id or moment is None:
        raise signing.BadSignature("the undo belongs to somebody else")
    return restore(subscriber_id=subscriber_id, at=moment, page=page)
