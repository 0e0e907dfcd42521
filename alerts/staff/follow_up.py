"""An update or a cancel of an alert that was sent: one click away, with the references and the same audience."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from agencies.models import Role
from alerts.alerting import AlertDetails
from alerts.cap.lexical import format_polygon, format_time
from alerts.models import Alert, Bulletin
from alerts.staff.access import alert_of

KINDS = (Alert.MsgType.UPDATE, Alert.MsgType.CANCEL)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the new alert says about an earlier one."""

    alert: Alert
    kind: Alert.MsgType

    @property
    def query(self) -> str:
        """The part of the address that names it."""
        return f"&follows={self.alert.pk}&kind={self.kind}"

    @property
    def is_cancel(self) -> bool:
        return self.kind == Alert.MsgType.CANCEL

    def initial(self) -> dict[str, Any]:
        """The details form as the earlier alert would have it filled in."""
        alert = self.alert
        outlines = [outline for area in alert.areas for outline in area.get("polygons", ())]
        return {
            "status": alert.status,
            "topics": alert.bulletin.ordered_topics(),
            "event": alert.event,
            "category": alert.category[0] if alert.category else "",
            "urgency": Alert.Urgency.PAST if self.is_cancel else alert.urgency,
            "severity": Alert.Severity.MINOR if self.is_cancel else alert.severity,
            "certainty": alert.certainty,
            "areas": "\n".join(area["description"] for area in alert.areas),
            "polygon": format_polygon(tuple((lat, lon) for lat, lon in outlines[0])) if outlines else "",
        }

    def texts(self) -> list[dict[str, str]]:
        """The texts in each of its languages, to be changed; of a cancel only what it is called."""
        variants = self.alert.bulletin.variants.order_by("pk")
        if self.is_cancel:
            return [
                {"language": one.language, "headline": _("Cancelled: %s") % one.title, "description": ""}
                for one in variants
            ]
        return [
            {
                "language": one.language,
                "headline": one.title,
                "description": one.body,
                "instruction": one.instruction,
            }
            for one in variants
        ]

    def details(self, details: AlertDetails) -> AlertDetails:
        """The same, referring to the earlier alert and to those that it referred to."""
        earlier = self.alert
        triple = [earlier.sender, earlier.identifier, format_time(earlier.sent)]
        return replace(details, msg_type=self.kind, references=[*earlier.references, triple])


def follow_up_of(request: HttpRequest) -> FollowUp | None:
    """What `?follows=` and `kind=` name; 404 for what was never sent or is not the person's to follow up."""
    number = request.GET.get("follows", "")
    if not number:
        return None
    if not number.isdecimal() or request.GET.get("kind") not in KINDS:
        raise Http404
    alert = alert_of(request, int(number), Role.OPERATOR)
    if alert.bulletin.status != Bulletin.Status.PUBLISHED or alert.msg_type == Alert.MsgType.CANCEL:
        raise Http404
    return FollowUp(alert, Alert.MsgType(request.GET["kind"]))
