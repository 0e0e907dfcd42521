"""An update or a cancel of an alert that was sent: one click away, with the references and the same audience."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from agencies.models import Role
from alerts.acts.alert_drafting import AlertDetails
from alerts.cap.lexical import format_polygon, format_time
from alerts.models import Alert, Bulletin
from alerts.staff.access import alert_of
from channels.markup import to_text

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
        outline = self._outline
        return {
            "status": alert.status,
            "topics": alert.bulletin.ordered_topics(),
            "category": alert.category[0] if alert.category else "",
            "urgency": Alert.Urgency.PAST if self.is_cancel else alert.urgency,
            "severity": Alert.Severity.MINOR if self.is_cancel else alert.severity,
            "certainty": alert.certainty,
            "areas": "\n".join(area["description"] for area in alert.areas),
            "polygon": format_polygon(tuple((lat, lon) for lat, lon in outline)) if outline else "",
        }

    def texts(self) -> list[dict[str, str]]:
        """The texts in each of its languages, to be changed; of a cancel only what it is called."""
        variants = self.alert.bulletin.variants.order_by("pk")
        if self.is_cancel:
            return [
                {
                    "language": one.language,
                    "event": one.event,
                    "headline": _("Cancelled: %s") % one.title,
                    "description": "",
                }
                for one in variants
            ]
        return [
            {
                "language": one.language,
                "event": one.event,
                "headline": one.title,
                "description": one.body if one.body_format == "markdown" else to_text(one.html, width=10_000),
                "instruction": one.instruction,
            }
            for one in variants
        ]

    def details(self, details: AlertDetails) -> AlertDetails:
        """The same, referring to the earlier alert and to those that it referred to, and losing nothing of it.

        A place that keeps its name keeps its shapes: the form has room for one outline only, and an area must never
        get lost on the way (shared rule: Los Angeles 2025).
        """
        earlier = self.alert
        triple = [earlier.sender, earlier.identifier, format_time(earlier.sent)]
        same_kind = list(details.category) == earlier.category[:1]
        return replace(
            details,
            msg_type=self.kind,
            references=[*earlier.references, triple],
            category=earlier.category if same_kind else details.category,
            response_type=[] if self.is_cancel else earlier.response_type,
            areas=[self._whole(number, place) for number, place in enumerate(details.areas)],
        )

    @property
    def _outline(self) -> list[list[float]]:
        """The one outline of the first place; empty where it has none, or more than the form can hold."""
        first = self.alert.areas[0] if self.alert.areas else {}
        outlines = first.get("polygons", [])
        return outlines[0] if len(outlines) == 1 and not first.get("circles") else []

    def _whole(self, number: int, place: dict[str, Any]) -> dict[str, Any]:
        """The place with the shapes that it had, unless somebody has drawn or removed one."""
        if place.get("geocodes"):
            return place  # chosen from the register now
        before = next((area for area in self.alert.areas if area["description"] == place["description"]), None)
        drawn = [[list(point) for point in outline] for outline in place.get("polygons", ())]
        offered = [self._outline] if number == 0 and self._outline else []
        return before if before and drawn == offered else place


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
