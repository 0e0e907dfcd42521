"""Emergencies: drafted by one person, approved by another, sent down their own lane.

The approval binds to a hash of content, audience and areas. A database constraint keeps author and approver apart and
any emergency dispatch without an approval out (shared rules: lessons of Hawaii 2018 and others).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.audit import Actor, record
from agencies.models import Agency, ApiKey, Role, User
from alerts.acts.content import ContentRefused, VariantText, check_content
from alerts.acts.drafting import create_bulletin
from alerts.acts.publishing import AlreadyPublished, predecessors, release
from alerts.geocoding import locate
from alerts.lanes import Lane
from alerts.models import Alert, Approval, Bulletin, Dispatch
from alerts.refusals import NotAllowed
from subscriptions.models import Topic

LONGEST = timedelta(hours=72)  # an alert that must stand longer is updated, so that somebody looks at it again


class ContentChanged(Exception):  # noqa: N818  named as what happened
    """The alert is no longer what the approver saw: read it again, then approve."""


class Unsendable(Exception):  # noqa: N818  named as what happened
    """The alert may be kept but not sent; the message says why."""


class Expired(Unsendable):
    """Its time is over."""


@dataclass(frozen=True, slots=True)
class AlertDetails:
    """The CAP 1.2 fields of an alert; the texts in each language are the variants'. Times are aware."""

    event: str
    category: Sequence[str]
    urgency: str
    severity: str
    certainty: str
    areas: Sequence[dict[str, Any]]  # as alerts.cap has them: description, polygons, circles, geocodes
    expires: datetime | None
    status: str = Alert.Status.ACTUAL
    msg_type: str = Alert.MsgType.ALERT
    scope: str = Alert.Scope.PUBLIC
    response_type: Sequence[str] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    identifier: str = ""  # empty: ours, made from the agency and the alert
    sender: str = ""
    sent: datetime | None = None
    references: Sequence[Sequence[str]] = ()
    source_xml: bytes = b""
    warnings: Sequence[str] = field(default=())


@transaction.atomic
def draft_alert(
    *,
    agency: Agency,
    topics: Sequence[Topic],
    variants: Sequence[VariantText],
    details: AlertDetails,
    author: User | ApiKey | None,
) -> Alert:
    """A new alert that waits for the second person. Raises ContentRefused and NotAllowed.

    It is for whom the places concern that its areas are; where one of these is no place of the register for certain,
    it is for everybody on its topics.
    """
    if isinstance(author, User) and not author.may(Role.OPERATOR, agency):
        raise NotAllowed(_("Starting an alert takes the role of emergency operator at %s.") % agency)
    if errors := _detail_errors(details):
        raise ContentRefused(errors)
    located = locate(details.areas)
    bulletin = create_bulletin(agency=agency, topics=topics, variants=variants, author=author, areas=located.places)
    alert = Alert.objects.create(
        bulletin=bulletin,
        identifier=details.identifier or f"{agency.slug}-{bulletin.pk}",
        sender=details.sender or agency.from_address,
        sent=details.sent or timezone.now().replace(microsecond=0),
        status=details.status,
        msg_type=details.msg_type,
        scope=details.scope,
        references=[list(reference) for reference in details.references],
        category=list(details.category),
        event=details.event,
        urgency=details.urgency,
        severity=details.severity,
        certainty=details.certainty,
        response_type=list(details.response_type),
        effective=details.effective,
        onset=details.onset,
        expires=details.expires,
        areas=list(details.areas),
        source_xml=details.source_xml,
        warnings=list(details.warnings),
    )
    record(
        actor=Actor.of(author),
        verb="alert.drafted",
        target=bulletin,
        agency=agency,
        after={"status": alert.status, "event": alert.event, "areas": alert.area_names[:500]},
    )
    alert.refresh_from_db()  # as the database has it: the hash that an approver sees must be the one that is checked
    return alert


@transaction.atomic
def take_over_alert(*, alert: Alert, operator: User) -> None:
    """Make a person the author of an alert that a machine drafted; then another can approve it. Raises NotAllowed."""
    bulletin = Bulletin.objects.select_for_update(of=["self"]).select_related("agency").get(pk=alert.pk)
    if not operator.may(Role.OPERATOR, bulletin.agency):
        raise NotAllowed(_("Taking an alert over takes the role of emergency operator at %s.") % bulletin.agency)
    if bulletin.created_by_id is not None or bulletin.status != Bulletin.Status.DRAFT:
        raise NotAllowed(_("This alert has its author already, or was sent."))
    bulletin.created_by = operator
    bulletin.save(update_fields=["created_by", "edited_at"])
    record(actor=Actor.of(operator), verb="alert.taken-over", target=bulletin, agency=bulletin.agency)


def content_hash(alert: Alert) -> str:
    """SHA-256 over everything that the approver answers for: words, audience, areas, times, live or test."""
    bulletin = alert.bulletin
    seen = {
        "cap": [
            alert.identifier, alert.sender, alert.sent.isoformat(), alert.status, alert.msg_type, alert.scope,
            alert.references, alert.category, alert.event, alert.urgency, alert.severity, alert.certainty,
            alert.response_type,
            *[moment and moment.isoformat() for moment in (alert.effective, alert.onset, alert.expires)],
        ],
        "areas": alert.areas,
        "topics": [topic.pk for topic in bulletin.ordered_topics()],
        "places": sorted(bulletin.area_links.values_list("place", flat=True)),
        "texts": [
            [variant.language, variant.title, variant.summary, variant.body, variant.instruction]
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
        raise Expired(_("It ended at %s.") % alert.expires.strftime("%Y-%m-%d %H:%M UTC"))
    if alert.expires > now + LONGEST:
        raise Unsendable(_("It would stand for more than %d hours.") % (LONGEST.total_seconds() // 3600))
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


def _detail_errors(details: AlertDetails) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    choices = {
        "urgency": (Alert.Urgency, details.urgency),
        "severity": (Alert.Severity, details.severity),
        "certainty": (Alert.Certainty, details.certainty),
        "status": (Alert.Status, details.status),
        "msg_type": (Alert.MsgType, details.msg_type),
        "scope": (Alert.Scope, details.scope),
    }
    for name, (enum, value) in choices.items():
        if value not in enum.values:
            known = ", ".join(enum.values)
            errors[name] = [_("“%(value)s” is none of %(values)s.") % {"value": value, "values": known}]
    if not details.category or not set(details.category) <= set(Alert.Category.values):
        errors["category"] = [_("Choose one or more of %s.") % ", ".join(Alert.Category.values)]
    if not details.event.strip() or len(details.event) > 200 or "\n" in details.event or "\r" in details.event:
        errors["event"] = [_("Name the event on one line of at most 200 characters.")]
    imported = bool(details.source_xml)
    if not imported and not details.areas:
        errors["areas"] = [_("Name at least one area.")]
    if not imported and details.expires is None:
        errors["expires"] = [_("Say when the alert ends.")]
    return errors
