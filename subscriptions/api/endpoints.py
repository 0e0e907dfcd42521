"""`/api/v1/endpoints`: where an agency's own systems want to be told."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.api_keys import HasScope
from agencies.audit import Actor, record
from agencies.models.api_key import Scope
from channels.https.guard import ForbiddenTarget
from subscriptions.api.problems import Refused
from subscriptions.api.schema import answers
from subscriptions.api.topics import audible_topics
from subscriptions.api.views import AgencyView
from subscriptions.endpoints import EndpointRefused, ask_again, register_endpoint, remove_endpoint
from subscriptions.models import Endpoint, Source, Subscription


class EndpointRequest(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=2_000, help_text="HTTPS. It must answer a signed challenge.")
    topics = serializers.ListField(child=serializers.CharField(max_length=80), min_length=1, max_length=100)


class EndpointAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    url = serializers.CharField()
    status = serializers.ChoiceField(Endpoint.Status.choices)
    note = serializers.CharField(help_text="Why it failed or was disabled.")
    topics = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


class NewEndpointAnswer(EndpointAnswer):
    secret = serializers.CharField(help_text="Signs every call to you. Shown this once: keep it.")


class EndpointsView(AgencyView):
    permission_classes = (HasScope,)
    scope = Scope.ENDPOINTS

    @extend_schema(
        summary="The agency's webhook endpoints",
        operation_id="endpoints_list",
        responses=answers({200: EndpointAnswer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        """Those of the key's agency, the oldest first."""
        endpoints = list(Endpoint.objects.filter(agency=self.agency).order_by("pk"))
        return Response(_answers(endpoints))

    @extend_schema(
        summary="Register a webhook endpoint",
        request=EndpointRequest,
        responses=answers({201: NewEndpointAnswer}, 400),
    )
    def post(self, request: Request) -> Response:
        """It becomes active once it has answered the signed challenge that we send to it at once."""
        wanted = EndpointRequest(data=self.json)
        wanted.is_valid(raise_exception=True)
        topics = audible_topics(self.agency, wanted.validated_data["topics"])
        try:
            endpoint, secret = register_endpoint(
                owner=self.agency,
                url=wanted.validated_data["url"],
                topics=topics,
                source=Source.objects.at(Source.Kind.API),
            )
        except (ForbiddenTarget, EndpointRefused) as refused:
            raise Refused({"url": [str(refused)]}) from refused
        record(actor=Actor.of(self.key), verb="endpoint.registered", target=endpoint, agency=self.agency)
        return Response(_answer(endpoint) | {"secret": secret}, status=status.HTTP_201_CREATED)


class EndpointView(AgencyView):
    permission_classes = (HasScope,)
    scope = Scope.ENDPOINTS

    @extend_schema(summary="One webhook endpoint", responses=answers({200: EndpointAnswer}, 404))
    def get(self, request: Request, pk: int) -> Response:
        """Whether it is verified, and if not, why."""
        return Response(_answer(_endpoint(self, pk)))

    @extend_schema(summary="Remove a webhook endpoint", responses=answers({204: None}, 404))
    def delete(self, request: Request, pk: int) -> Response:
        """Nothing more is sent to it."""
        endpoint = _endpoint(self, pk)
        record(actor=Actor.of(self.key), verb="endpoint.removed", target=endpoint, agency=self.agency)
        remove_endpoint(endpoint=endpoint)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChallengeView(AgencyView):
    permission_classes = (HasScope,)
    scope = Scope.ENDPOINTS

    @extend_schema(
        summary="Send the challenge once more",
        request=None,
        responses=answers({202: EndpointAnswer}, 404),
        methods=["POST"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """For an endpoint that failed it, or was disabled because it no longer answered."""
        endpoint = _endpoint(self, pk)
        ask_again(endpoint=endpoint)
        endpoint.refresh_from_db()
        return Response(_answer(endpoint), status=status.HTTP_202_ACCEPTED)


def _endpoint(view: AgencyView, pk: int) -> Endpoint:
    return get_object_or_404(Endpoint, agency=view.agency, pk=pk)


def _answer(endpoint: Endpoint) -> dict[str, object]:
    return _answers([endpoint])[0]


def _answers(endpoints: Sequence[Endpoint]) -> list[dict[str, object]]:
    """Each with the topics that it hears now, in one query for all."""
    heard: dict[int | None, list[str]] = defaultdict(list)
    current = Subscription.objects.current().filter(endpoint__in=endpoints)
    for endpoint, slug in current.values_list("endpoint", "topic__slug"):
        heard[endpoint].append(slug)
    return [
        {
            "id": endpoint.pk,
            "url": endpoint.url,
            "status": endpoint.status,
            "note": endpoint.note,
            "topics": sorted(heard[endpoint.pk]),
            "created_at": endpoint.created_at.isoformat(),
        }
        for endpoint in endpoints
    ]
