"""What else people may want to hear about: an agency's partners first, then what many follow together.

Only public, open topics, for public topics; and never how many follow them.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from subscriptions.models import Frequency, PartnerPin, Subscriber, Topic

SHOWN = 6
PARTNERS_SHOWN = 4  # so that there is room for what people follow
MOST_PINS = 50  # that are read: several agencies may have pinned the same
REST = timedelta(days=365)  # what somebody has left is not suggested to them for so long


def suggestions(*, beside: Collection[int], without: Collection[int] = (), most: int = SHOWN) -> list[Topic]:
    """For somebody who has chosen the topics `beside` (ids); those and `without` are left out. Two queries."""
    chosen = Topic.objects.public().filter(pk__in=beside)
    offered = Topic.objects.public().exclude(pk__in={*beside, *without}).select_related("agency")
    partners = _partners(chosen, offered, most)
    related = offered.filter(related_to__topic__in=chosen)
    best = related.annotate(score=Sum("related_to__score")).order_by("-score", "pk")[: most + len(partners)]
    known = {topic.pk for topic in partners}
    return [*partners, *(topic for topic in best if topic.pk not in known)][:most]


def suggestions_for(subscriber: Subscriber, *, beside: Collection[int] | None = None, most: int = SHOWN) -> list[Topic]:
    """For this person, beside what they follow or (where it is given) beside what they have just chosen.

    What they follow already, and what they have left within REST, is left out.
    """
    rows = subscriber.subscriptions.filter(Q(ended_at=None) | Q(ended_at__gt=timezone.now() - REST))
    known = dict(rows.values_list("topic_id", "ended_at"))
    follows = [topic for topic, ended_at in known.items() if ended_at is None]
    return suggestions(beside=follows if beside is None else beside, without=known, most=most)


def usual_frequency(frequencies: Collection[str]) -> Frequency:
    """How often something added by a tick comes: as everything else does, else at once."""
    return Frequency(next(iter(frequencies))) if len(set(frequencies)) == 1 else Frequency.IMMEDIATE


def chosen_among(offered: Collection[Topic], slugs: Collection[str]) -> list[Topic]:
    """The topics of these slugs that are among those offered."""
    return [topic for topic in offered if topic.slug in slugs]


def _partners(chosen: QuerySet[Topic], offered: QuerySet[Topic], most: int) -> list[Topic]:
    """What the agencies of the chosen topics have pinned; of several agencies the first of each, then the second."""
    pins = PartnerPin.objects.filter(agency__in=chosen.values("agency"), topic__in=offered)
    topics: Mapping[int, Topic] = {pin.topic_id: pin.topic for pin in pins.select_related("topic__agency")[:MOST_PINS]}
    return list(topics.values())[: min(PARTNERS_SHOWN, most)]
