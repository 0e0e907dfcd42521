"""`/api/v1/bulletins/{id}/corrections`: the right text for those who got the wrong one."""

import json
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.api_keys import HasScope
from agencies.models.api_key import Scope
from alerts.acts.content import ContentRefused
from alerts.acts.correcting import create_correction
from alerts.acts.publishing import publish_bulletin
from alerts.api import idempotency
from alerts.api.answers import BulletinAnswer, created
from alerts.api.bulletin_requests import VariantRequest, WantedBulletin, read_texts
from alerts.api.bulletins import IDEMPOTENCY, created_answer
from alerts.api.fields import Text
from alerts.models import Bulletin
from alerts.refusals import NotPossible
from subscriptions.api.problems import REQUEST, Refused
from subscriptions.api.schema import answers
from subscriptions.api.views import AgencyView


class CorrectionRequest(VariantRequest):
    """As for a bulletin, without topics: it has those of what it corrects."""

    language = Text(help_text="BCP 47 tag such as “en” or “pt-BR”; by default the agency's language.")
    publish = serializers.BooleanField(default=True, help_text="False keeps a draft for the staff pages.")
    variants = VariantRequest(many=True, default=list)


class CorrectionsView(AgencyView):
    permission_classes = (HasScope,)
    scope = Scope.BULLETINS

    @extend_schema(
        summary="Correct a bulletin",
        parameters=[IDEMPOTENCY],
        request=CorrectionRequest,
        responses=answers({201: BulletinAnswer}, 400, 404, 409, 413, 422),
    )
    def post(self, request: Request, pk: int) -> Response:
        """Goes to those who got the bulletin, or may have, and to nobody else; what of it is unsent is dropped."""
        first = get_object_or_404(Bulletin.objects.filter(agency=self.agency).select_related("agency"), pk=pk)
        key = idempotency.key_of(request)
        asked = CorrectionRequest(data=self.json)
        asked.is_valid(raise_exception=True)
        texts, places = read_texts(self.json, asked.validated_data, self.agency)
        wanted = WantedBulletin([], asked.validated_data["publish"], texts, [], places)
        content = json.dumps(["correction", pk, self.json], sort_keys=True).encode()
        try:
            bulletin, replayed = idempotency.once(
                agency=self.agency, key=key, content=content, make=lambda: self._make(first, wanted)
            )
        except ContentRefused as refused:
            raise Refused(wanted.named(refused.errors)) from refused
        except NotPossible as refused:
            raise Refused({REQUEST: [str(refused)]}, status.HTTP_409_CONFLICT) from refused
        answer: dict[str, Any] = created(bulletin, published=wanted.publish)
        return created_answer(answer, replayed=replayed)

    @transaction.atomic
    def _make(self, first: Bulletin, wanted: WantedBulletin) -> Bulletin:
        correction = create_correction(first=first, variants=wanted.variants, author=self.key)
        if wanted.publish:
            publish_bulletin(bulletin=correction, publisher=self.key)
        return correction
