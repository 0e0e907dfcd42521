"""`/api/v1/bulletins`: an agency's systems publish, and ask how far the sending is."""

import json
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.api_keys import HasScope
from agencies.models.api_key import Scope
from alerts.acts.content import ContentRefused
from alerts.acts.publishing import publish_bulletin
from alerts.acts.submitting import submit_bulletin
from alerts.api import idempotency
from alerts.api.answers import BulletinAnswer, BulletinStateAnswer, created, state
from alerts.api.bulletin_requests import BulletinRequest, WantedBulletin, read_bulletin
from alerts.models import Bulletin
from subscriptions.api.problems import Refused
from subscriptions.api.schema import answers
from subscriptions.api.views import AgencyView

IDEMPOTENCY = OpenApiParameter(
    idempotency.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Up to 255 characters of your own. The same request sent again with the same key makes"
    " nothing new and gets the same answer, with the header Idempotent-Replay: true.",
)


class BulletinsView(AgencyView):
    permission_classes = (HasScope,)
    scope = Scope.BULLETINS

    @extend_schema(
        summary="Publish a bulletin, or keep a draft",
        parameters=[IDEMPOTENCY],
        request=BulletinRequest,
        responses=answers({201: BulletinAnswer}, 400, 413, 422),
    )
    def post(self, request: Request) -> Response:
        """A key with the scope “bulletins” publishes at once; with `publish: false` it leaves a draft."""
        key = idempotency.key_of(request)
        wanted = read_bulletin(self.json, self.agency)
        content = json.dumps(["bulletin", self.json], sort_keys=True).encode()
        try:
            bulletin, replayed = idempotency.once(
                agency=self.agency, key=key, content=content, make=lambda: self._make(wanted)
            )
        except ContentRefused as refused:
            raise Refused(wanted.named(refused.errors)) from refused
        return created_answer(created(bulletin, published=wanted.publish), replayed=replayed)

    @transaction.atomic
    def _make(self, wanted: WantedBulletin) -> Bulletin:
        bulletin = submit_bulletin(
            agency=self.agency,
            topics=wanted.topics,
            variants=wanted.variants,
            author=self.key,
            areas=wanted.areas,
            urgent=wanted.urgent,
        )
        if wanted.publish:
            publish_bulletin(bulletin=bulletin, publisher=self.key)
        return bulletin


class BulletinView(AgencyView):
    permission_classes = (HasScope,)
    scope = Scope.BULLETINS

    @extend_schema(
        summary="A bulletin's state and how far its sending is",
        responses=answers({200: BulletinStateAnswer}, 404),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Counts of deliveries, in all and per channel. Ask as often as once a second."""
        bulletins = Bulletin.objects.filter(agency=self.agency).select_related("agency")
        bulletin = get_object_or_404(bulletins, pk=pk)
        return Response(created(bulletin, published=False) | state(bulletin))


def created_answer(answer: dict[str, Any], *, replayed: bool) -> Response:
    """201 with the address of what was made; a replay says so in a header and is otherwise the same."""
    headers = {"Location": answer["api_url"]} | ({"Idempotent-Replay": "true"} if replayed else {})
    return Response(answer, status=status.HTTP_201_CREATED, headers=headers)
