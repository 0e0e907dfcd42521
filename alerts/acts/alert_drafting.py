"""Starting an emergency: an alert is drafted by one person or a machine, and waits for a second person.

A machine's draft is taken over by a person before another can approve it (`alerts.acts.alerting`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.audit import Actor, record
from agencies.models import Agency, ApiKey, Role, User
from alerts.acts.content import ContentRefused, VariantText
from alerts.acts.drafting import create_bulletin
from alerts.geocoding import locate
from alerts.models import Alert, Bulletin
from alerts.models.bulletin import EVENT_LENGTH
from alerts.models.oddity import Kept
from alerts.refusals import NotAllowed
from subscriptions.models import Topic


@dataclass(frozen=True, slots=True)
class AlertDetails:
    """The CAP 1.2 fields of an alert; the texts in each language are the variants'. Times are aware."""

    category: Sequence[str]
    urgency: str
    severity: str
    certainty: str
    areas: Sequence[dict[str, Any]]  # as alerts.cap has them: description, polygons, circles, geocodes
    expires: datetime | None
    event: str = ""  # of the texts that don't say it in their own language
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
    warnings: Sequence[Kept] = field(default=())  # what is odd about it


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
    variants = [replace(one, event=one.event if one.event.strip() else details.event) for one in variants]
    if errors := _detail_errors(details) | _event_errors(variants):
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
    names = [area["description"] for area in alert.areas]
    record(
        actor=Actor.of(author),
        verb="alert.drafted",
        target=bulletin,
        agency=agency,
        after={"status": alert.status, "event": alert.event, "areas": "; ".join(names)[:500]},
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
            said = _("“%(value)s” is not possible here. Possible values: %(values)s.")
            errors[name] = [said % {"value": value, "values": known}]
    if not details.category or not set(details.category) <= set(Alert.Category.values):
        errors["category"] = [_("Choose one or more of %s.") % ", ".join(Alert.Category.values)]
    imported = bool(details.source_xml)
    if not imported and not details.areas:
        errors["areas"] = [_("Name at least one area.")]
    if not imported and details.expires is None:
        errors["expires"] = [_("Say when the alert ends.")]
    return errors


def _event_errors(variants: Sequence[VariantText]) -> dict[str, list[str]]:
    """By field as check_content names them."""
    wrong = [
        f"variants.{number}.event" if len(variants) > 1 else "event"
        for number, variant in enumerate(variants)
        if not variant.event.strip() or len(variant.event.splitlines()) != 1 or len(variant.event) > EVENT_LENGTH
    ]
    said = ngettext(
        "Name the event on one line of at most %(most)d character.",
        "Name the event on one line of at most %(most)d characters.",
        EVENT_LENGTH,
    )
    return {name: [said % {"most": EVENT_LENGTH}] for name in wrong}
