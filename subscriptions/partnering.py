"""An agency chooses whose topics its followers are told of first. Each change is in the audit trail."""

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.audit import Actor, record
from agencies.models import Agency
from subscriptions.models import PartnerPin, Topic

MOST = 10  # of one agency


class PinRefused(Exception):  # noqa: N818  named as what happened
    """The topic can't be pinned; the message is for the agency and says why."""


def pin(*, agency: Agency, topic: Topic, actor: Actor) -> None:
    """Add it at the end; again is once. Raises PinRefused."""
    if topic.agency_id == agency.pk:
        raise PinRefused(_("This is a topic of your own. Choose one of another agency."))
    if not Topic.objects.public().filter(pk=topic.pk).exists():
        raise PinRefused(_("“%s” is not open to everybody.") % topic)
    _change(agency, actor, lambda topics: topics if topic.pk in topics else [*topics, topic.pk])


def unpin(*, agency: Agency, topic_id: int, actor: Actor) -> None:
    """Take it out; what is not pinned is fine."""
    _change(agency, actor, lambda topics: [pk for pk in topics if pk != topic_id])


def move_up(*, agency: Agency, topic_id: int, actor: Actor) -> None:
    """One place forward; the first one stays."""
    _change(agency, actor, lambda topics: _moved_up(topics, topic_id))


@transaction.atomic
def _change(agency: Agency, actor: Actor, change: Callable[[list[int]], list[int]]) -> None:
    """Two administrators at once change it one after the other."""
    Agency.objects.select_for_update().get(pk=agency.pk)
    before = list(agency.partner_pins.values_list("topic_id", flat=True))
    after = change(before)
    if len(after) > max(MOST, len(before)):
        said = ngettext(
            "You have pinned %(most)d topic, which is the most. Take it out first.",
            "You have pinned %(most)d topics, which is the most. Take one out first.",
            MOST,
        )
        raise PinRefused(said % {"most": MOST})
    if after == before:
        return
    agency.partner_pins.exclude(topic__in=after).delete()
    PartnerPin.objects.bulk_create(
        [PartnerPin(agency=agency, topic_id=topic, position=place) for place, topic in enumerate(after)],
        update_conflicts=True,
        unique_fields=["agency", "topic"],
        update_fields=["position"],
    )
    record(
        actor=actor,
        verb="agency.partners-changed",
        target=agency,
        agency=agency,
        before={"topics": before},
        after={"topics": after},
    )


def _moved_up(topics: list[int], topic: int) -> list[int]:
    if topic not in topics[1:]:
        return topics
    place = topics.index(topic)
    return [*topics[: place - 1], topic, topics[place - 1], *topics[place + 1 :]]
