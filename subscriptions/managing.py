"""What a subscriber changes once signed in: topics and frequencies, language, everything at once."""

from collections.abc import Mapping

from django.db import transaction

from subscriptions.ending import Ended, end
from subscriptions.models import ConsentRecord, Frequency, Subscriber, Subscription, Topic
from subscriptions.subscribing import OWN_PAGES, subscribe

_MANAGED = ConsentRecord.Way.MANAGED


@transaction.atomic
def change_topics(
    *,
    subscriber: Subscriber,
    choices: Mapping[Topic, Frequency | None],
    page: str,
    sources: Mapping[int, int] = OWN_PAGES,
) -> Ended:
    """Give each topic its frequency, and end those with None; returns what was ended, for an undo.

    `sources` are ids of `Source` by topic id, of topics that are new.
    """
    wanted = {topic: frequency for topic, frequency in choices.items() if frequency is not None}
    unwanted = [topic for topic, frequency in choices.items() if frequency is None]
    subscribe(subscriber=subscriber, choices=wanted, way=_MANAGED, page=page, sources=sources)
    return end(
        subscriber_id=subscriber.pk,
        among=Subscription.objects.filter(topic__in=unwanted),
        way=_MANAGED,
        page=page,
    )


def end_everything(*, subscriber: Subscriber, page: str) -> Ended:
    """End every subscription of this person."""
    return end(subscriber_id=subscriber.pk, among=Subscription.objects.all(), way=_MANAGED, page=page)


def set_language(*, subscriber: Subscriber, language: str) -> None:
    """Write to this person in the language, a code of settings.BULLETIN_LANGUAGES, from now on."""
    Subscriber.objects.filter(pk=subscriber.pk).update(language=language)
