"""Publish: one transaction that checks rights and content, makes the dispatch and opens its fan-out."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.audit import Actor, record
from agencies.models import ApiKey, Role, User
from agencies.models.api_key import Scope
from alerts.acts.content import VariantText, check_content
from alerts.acts.stopping import drop_unsent
from alerts.engine.fanout import kinds_of, open_dispatch
from alerts.lanes import CHANNEL_OF, QUEUE_OF, RULES, Lane, RecipientKind
from alerts.models import Approval, Bulletin, Dispatch
from alerts.partitions import ensure_month
from alerts.refusals import NotAllowed
from govnotify.lib.queues import wake

__all__ = ["AlreadyPublished", "NotAllowed", "predecessors", "publish_bulletin", "release", "wake_lane"]


class AlreadyPublished(Exception):  # noqa: N818  named as what happened
    """Somebody was faster: `bulletin` says who and when."""

    def __init__(self, bulletin: Bulletin) -> None:
        by = f" by {bulletin.published_by}" if bulletin.published_by else ""
        super().__init__(f"This bulletin was already published{by} at {bulletin.published_at:%Y-%m-%d %H:%M:%S} UTC.")
        self.bulletin = bulletin


@transaction.atomic
def publish_bulletin(*, bulletin: Bulletin, publisher: User | ApiKey) -> Dispatch:
    """Publish a routine bulletin; it is on its way when the transaction commits.

    A correction goes to those who got what it corrects, or may have, and to nobody else; what of that has not been
    sent is dropped. Raises NotAllowed, AlreadyPublished (also to the second of two who publish at once) and
    ContentRefused.
    """
    # Joined rows are read as they were before the lock was waited for: who published is looked up after it.
    locked = Bulletin.objects.select_for_update(of=["self"]).select_related("agency").get(pk=bulletin.pk)
    _check_rights(locked, publisher)
    if locked.status != Bulletin.Status.DRAFT:
        raise AlreadyPublished(locked)
    check_content(
        agency=locked.agency,
        topics=locked.ordered_topics(),
        variants=_texts(locked),
        areas=() if locked.is_correction else locked.ordered_areas(),
    )
    corrected = predecessors(locked.earlier())
    return release(bulletin=locked, lane=Lane.ROUTINE, publisher=publisher, corrected=corrected, only_told=True)


def release(
    *,
    bulletin: Bulletin,
    lane: Lane,
    publisher: User | ApiKey,
    approval: Approval | None = None,
    corrected: Sequence[Dispatch] = (),
    only_told: bool = False,
) -> Dispatch:
    """Make a checked, locked bulletin public and give it its dispatch, in the caller's transaction.

    Dispatches that it corrects are cancelled where they are under way, and who was told by one of them is told again:
    with `only_told` only they, otherwise everybody on the topics too.
    """
    now = timezone.now()
    month = now.date().replace(day=1)
    ensure_month(month)
    bulletin.status = Bulletin.Status.PUBLISHED
    bulletin.published_at = now
    bulletin.published_by = publisher if isinstance(publisher, User) else None
    bulletin.save(update_fields=["status", "published_at", "published_by", "edited_at"])
    for earlier in corrected:
        drop_unsent(earlier, publisher, reason=_("It was replaced by bulletin %d.") % bulletin.pk)
    dispatch = Dispatch.objects.create(
        bulletin=bulletin,
        agency=bulletin.agency,
        lane=lane,
        month=month,
        cut_off=now,
        approval=approval,
        areas=sorted(bulletin.area_links.values_list("place", flat=True)),
        corrects=sorted({one.pk for one in corrected}.union(*(one.corrects for one in corrected))),
        only_told=bool(corrected) and only_told,
        urgent=bulletin.urgent and lane is Lane.ROUTINE and not corrected,
    )
    kinds = kinds_of(dispatch)
    open_dispatch(dispatch, kinds)
    record(
        actor=Actor.of(publisher),
        verb="bulletin.published",
        target=bulletin,
        agency=bulletin.agency,
        after={
            "dispatch": dispatch.pk,
            "lane": lane.label,
            "approval": approval.pk if approval else None,
            "corrects": dispatch.corrects,
            "urgent": dispatch.urgent,
        },
    )
    transaction.on_commit(lambda: wake_lane(lane, kinds))
    return dispatch


def predecessors(bulletins: Iterable[Bulletin]) -> list[Dispatch]:
    """The dispatches of these, locked: always in one order, so that two who correct never wait for each other."""
    found = Dispatch.objects.filter(bulletin__in=list(bulletins)).select_for_update(no_key=True)
    return list(found.order_by("pk"))


def wake_lane(lane: Lane, kinds: Iterable[RecipientKind]) -> None:
    """A hint to the lane's queue of each of these kinds, to as many workers as may take part."""
    for kind in kinds:
        wake(QUEUE_OF[lane, CHANNEL_OF[kind]], times=RULES[lane].workers)


def _check_rights(bulletin: Bulletin, publisher: User | ApiKey) -> None:
    if bulletin.is_alert:
        raise NotAllowed("An emergency alert is sent by a second person's approval.")
    if isinstance(publisher, ApiKey):
        if publisher.agency_id != bulletin.agency_id or Scope.BULLETINS not in publisher.scopes:
            raise NotAllowed("This API key may not publish for this agency.")
    elif not publisher.may(Role.PUBLISHER, bulletin.agency):
        raise NotAllowed(f"Publishing takes the role of publisher at {bulletin.agency}.")


def _texts(bulletin: Bulletin) -> list[VariantText]:
    return [
        VariantText(
            language=variant.language,
            title=variant.title,
            body=variant.body,
            body_format=variant.body_format,
            summary=variant.summary,
            instruction=variant.instruction,
        )
        for variant in bulletin.variants.order_by("pk")
    ]
