"""Adding topics that were suggested, by a tick and a button, where the person has shown who they are."""

from collections.abc import Sequence

from django.db import transaction

from subscriptions.managing import change_topics
from subscriptions.models import ConsentRecord, Frequency, SignUp, Source, Subscriber, Topic
from subscriptions.subscribing import subscribe
from subscriptions.suggesting import usual_frequency


@transaction.atomic
def add_to_sign_up(*, sign_up: SignUp, topics: Sequence[Topic], page: str) -> list[Topic]:
    """For whoever has confirmed it and still listens: its link came by mail, so it is them. Returns what is new.

    The sign-up is then as if all of them had been asked for: its page shows them. Twice is once.
    """
    subscriber = Subscriber.objects.select_for_update().get(pk=sign_up.subscriber_id)
    locked = SignUp.objects.select_for_update().get(pk=sign_up.pk)
    if locked.confirmed_at is None or subscriber.status != Subscriber.Status.ACTIVE:
        return []
    new = [topic for topic in topics if str(topic.pk) not in locked.choices]
    frequency, source = usual_frequency(locked.choices.values()), Source.objects.at(Source.Kind.NETWORK)
    subscribe(
        subscriber=subscriber,
        choices=dict.fromkeys(new, frequency),
        way=ConsentRecord.Way.CONFIRMED,
        page=page,
        sources=dict.fromkeys((topic.pk for topic in new), source.pk),
    )
    locked.choices |= {str(topic.pk): str(frequency) for topic in new}
    locked.sources |= {str(topic.pk): source.pk for topic in new}
    locked.save(update_fields=["choices", "sources"])
    return new


def add_to_own(*, subscriber: Subscriber, topics: Sequence[Topic], page: str) -> Frequency:
    """For somebody signed in; at the frequency that is returned, unless they have a topic already."""
    has = dict(subscriber.subscriptions.current().values_list("topic_id", "frequency"))
    frequency, source = usual_frequency(has.values()), Source.objects.at(Source.Kind.NETWORK)
    new = [topic for topic in topics if topic.pk not in has]
    change_topics(
        subscriber=subscriber,
        choices=dict.fromkeys(new, frequency),
        page=page,
        sources=dict.fromkeys((topic.pk for topic in new), source.pk),
    )
    return frequency
