"""`/api/v1/alerts`: systems draft emergency alerts, in JSON or as a CAP 1.2 message. They never send them."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.api_keys import HasScope
from agencies.models.api_key import Scope
from alerts.acts.alert_drafting import draft_alert
from alerts.acts.content import ContentRefused
from alerts.acts.importing import AlreadyImported, import_cap
from alerts.acts.submitting import topics_named
from alerts.api import idempotency
from alerts.api.alert_requests import AlertRequest, WantedAlert, read_alert
from alerts.api.answers import AlertAnswer, AlertStateAnswer, alert_created, state
from alerts.api.bulletins import IDEMPOTENCY, created_answer
from alerts.cap.parsing import MAX_BYTES
from alerts.cap.reading import CapRefused
from alerts.models import Alert, Bulletin
from subscriptions.api.bodies import BoundedBody, JsonBody, read_bounded
from subscriptions.api.problems import REQUEST, Refused
from subscriptions.api.schema import answers
from subscriptions.api.views import AgencyView

CAP = "application/cap+xml"
TOPIC = OpenApiParameter("topic", str, many=True, description="For a CAP body: a topic's slug; may be repeated.")


class CapBody(BoundedBody):
    """A CAP message, left as it came: its bytes are kept, and its encoding is its own matter."""

    media_type = CAP
    limit = MAX_BYTES

    def parse(  # type: ignore[override]  # the stubs know only bodies with fields
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return read_bounded(stream, self.limit)


class AlertsView(AgencyView):
    permission_classes = (HasScope,)
    parser_classes = (JsonBody, CapBody)
    scope = Scope.ALERTS

    @extend_schema(
        summary="Draft an emergency alert; people of the agency send it",
        parameters=[IDEMPOTENCY, TOPIC],
        request={"application/json": AlertRequest, CAP: OpenApiTypes.BINARY},
        responses=answers({201: AlertAnswer}, 400, 409, 413, 422),
    )
    def post(self, request: Request) -> Response:
        """Takes JSON, or a CAP 1.2 message as application/cap+xml with its topics in the query.

        Nothing is sent: a person of the agency takes the draft over, and a second one approves it.
        """
        key = idempotency.key_of(request)
        if request.content_type.partition(";")[0].strip().lower() == CAP:
            bulletin, replayed = self._from_cap(key, request)
        else:
            bulletin, replayed = self._from_json(key)
        return created_answer(alert_created(bulletin.alert), replayed=replayed)

    def _from_json(self, key: str) -> tuple[Bulletin, bool]:
        wanted = read_alert(self.json, self.agency)
        content = json.dumps(["alert", self.json], sort_keys=True).encode()
        try:
            return idempotency.once(
                agency=self.agency, key=key, content=content, make=lambda: self._draft(wanted).bulletin
            )
        except ContentRefused as refused:
            raise Refused(wanted.named(refused.errors)) from refused

    def _draft(self, wanted: WantedAlert) -> Alert:
        topics = topics_named(agency=self.agency, slugs=wanted.topics, variants=wanted.variants)
        return draft_alert(
            agency=self.agency,
            topics=topics,
            variants=wanted.variants,
            details=wanted.details,
            author=self.key,
        )

    def _from_cap(self, key: str, request: Request) -> tuple[Bulletin, bool]:
        data: Any = request.data or b""
        slugs = request.query_params.getlist("topic")
        content = json.dumps(["cap", slugs]).encode() + data
        try:
            return idempotency.once(
                agency=self.agency, key=key, content=content, make=lambda: self._import(data, slugs).bulletin
            )
        except ContentRefused as refused:
            raise Refused(refused.errors) from refused
        except CapRefused as refused:
            raise Refused({REQUEST: refused.reasons}) from refused
        except AlreadyImported as known:
            raise Refused({"identifier": [str(known)]}, status.HTTP_409_CONFLICT) from known

    def _import(self, data: bytes, slugs: list[str]) -> Alert:
        topics = topics_named(agency=self.agency, slugs=slugs, variants=())
        return import_cap(agency=self.agency, data=data, topics=topics, author=self.key)


class AlertView(AgencyView):
    permission_classes = (HasScope,)
    scope = Scope.ALERTS

    @extend_schema(
        summary="An alert's state and how far its sending is", responses=answers({200: AlertStateAnswer}, 404)
    )
    def get(self, request: Request, pk: int) -> Response:
        """A draft until two people have sent it."""
        alerts = Alert.objects.filter(bulletin__agency=self.agency).select_related("bulletin__agency")
        alert = get_object_or_404(alerts, pk=pk)
        return Response(alert_created(alert) | state(alert.bulletin))
