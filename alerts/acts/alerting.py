"""Emergencies: what one person drafted another approves, and it goes down its own lane.

The approval binds to a hash of content, audience and areas. A database constraint keeps author and approver apart and
any emergency dispatch without an approval out (shared rules: lessons of Hawaii 2018 and others).
"""

import hashlib
import json
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Role, User
from alerts.acts.content import VariantText, check_content
from alerts.acts.publishing import AlreadyPublished, predecessors, release
from alerts.lanes import Lane
from alerts.models import Alert, Approval, Bulletin, Dispatch
from alerts.refusals import NotAllowed
from govnotify.lib.local_time import clock_time

LONGEST = timedelta(hours=72)  # an alert that must stand longer is updated, so that somebody looks at it again


class ContentChanged(Exception):  # noqa: N818  named as what happened
    """The alert is no longer what the approver saw: read it again, then approve."""


class Unsendable(Exception):  # noqa: N818  named as what happened
    """The alert may be kept but not sent; the message says why."""


class Expired(Unsendable):
    """Its time is over."""


def content_hash(alert: Alert) -> str:
    """SHA-256 over everything that the approver answers for: words, audience, areas, times, live or test."""
    bulletin = alert.bulletin
    seen = {
        "cap": [
            alert.identifier, alert.sender, alert.sent.isoformat(), alert.status, alert.msg_type, alert.scope,
            alert.references, alert.category, alert.urgency, alert.severity, alert.certainty,
            alert.response_type,
            *[moment and moment.isoformat() for moment in (alert.effective, alert.onset, alert.expires)],
        ],
        "areas": alert.areas,
        "topics": [topic.pk for topic in bulletin.ordered_topics()],
        "places": sorted(bulletin.area_links.values_list("place", flat=True)),
        "texts": [
            [variant.language, variant.event, variant.title, variant.summary, variant.body, variant.instruction]
            for variant in bulletin.variants.order_by("language")
        ],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def approve_alert(*, alert: Alert, approver: User, seen_hash: str) -> Dispatch:
    """The second person's yes to what `seen_hash` (of `content_hash`) stands for; the alert goes out at commit.

    An update or a cancel drops what is unsent of the alerts that it refers to. An update goes to everybody on its
    topics and to all who were told before, a cancel to these alone. Raises NotAllowed, AlreadyPublished,
    ContentChanged, Expired, Unsendable and ContentRefused.
    """
    bulletin = Bulletin.objects.select_for_update(of=["self"]).select_related("agency").get(pk=alert.pk)
    locked = Alert.objects.select_for_update().get(pk=alert.pk)
    locked.bulletin = bulletin
    author = bulletin.created_by
    if not approver.may(Role.APPROVER, bulletin.agency):
        raise NotAllowed(_("Approving takes the role of emergency approver at %s.") % bulletin.agency)
    if author is None:
        raise NotAllowed(_("A person must take this alert over before another can approve it."))
    if author == approver:
        raise NotAllowed(_("You wrote this alert: a second person must approve it."))
    if bulletin.status != Bulletin.Status.DRAFT:
        raise AlreadyPublished(bulletin)
    if content_hash(locked) != seen_hash:
        raise ContentChanged(_("The alert has changed since you opened it. Read it again, then approve it."))
    check_sendable(locked)
    check_content(
        agency=bulletin.agency,
        topics=bulletin.ordered_topics(),
        variants=[VariantText(v.language, v.title, v.body, v.body_format) for v in bulletin.variants.all()],
    )
    approval = Approval.objects.create(
        alert=locked, author=author, approver=approver, content_hash=seen_hash, at=timezone.now()
    )
    return release(
        bulletin=bulletin,
        lane=Lane.EMERGENCY,
        publisher=approver,
        approval=approval,
        corrected=predecessors(earlier.bulletin for earlier in sent_predecessors(locked)),
        only_told=locked.msg_type == Alert.MsgType.CANCEL,
    )


def check_sendable(alert: Alert) -> None:
    """Raise Expired or Unsendable, with the reason, unless the alert may go out at this moment."""
    now = timezone.now()
    if alert.expires is None:
        raise Unsendable(_("It says no time at which it ends. Make a new alert with one."))
    if alert.expires <= now:
        raise Expired(_("It ended on %s.") % clock_time(alert.expires, alert.bulletin.agency.zone))
    if alert.expires > now + LONGEST:
        hours = LONGEST // timedelta(hours=1)
        said = ngettext(
            "It would stand for more than %(hours)d hour.", "It would stand for more than %(hours)d hours.", hours
        )
        raise Unsendable(said % {"hours": hours})
    if not alert.areas or not all(area.get("description", "").strip() for area in alert.areas):
        raise Unsendable(_("It names no area. An alert without a place is never sent."))
    if any(area.get("unreadable") for area in alert.areas):
        raise Unsendable(_("The shape of one of its areas can't be read, so its audience is not certain."))
    if alert.status in {Alert.Status.DRAFT, Alert.Status.SYSTEM}:
        raise Unsendable(_("Its status is %s: it is not for people.") % alert.status)
    if alert.msg_type in {Alert.MsgType.ACK, Alert.MsgType.ERROR}:
        raise Unsendable(_("It is a message between systems (%s).") % alert.msg_type)
    if alert.msg_type in {Alert.MsgType.UPDATE, Alert.MsgType.CANCEL} and not sent_predecessors(alert):
        raise Unsendable(_("It updates or cancels an alert that was never sent from here."))
    if alert.scope != Alert.Scope.PUBLIC:
        raise Unsendable(_("Its scope is %s: it is not for the public.") % alert.scope)


def sent_predecessors(alert: Alert) -> list[Alert]:
    """The alerts of the same agency that were sent, and that an update or a cancel refers to; of others, none."""
    if alert.msg_type not in {Alert.MsgType.UPDATE, Alert.MsgType.CANCEL}:
        return []
    sent = Alert.objects.filter(
        bulletin__agency=alert.bulletin.agency, bulletin__status=Bulletin.Status.PUBLISHED
    ).exclude(pk=alert.pk)
    named = [Q(sender=sender, identifier=identifier) for sender, identifier, *_sent in alert.references]
    return list(sent.filter(reduce(or_, named)).select_related("bulletin")) if named else []
