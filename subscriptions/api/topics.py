"""`/api/v1/topics`: what can be published on, and listened to."""

from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.models import Agency
from subscriptions.api.problems import Refused
from subscriptions.api.schema import answers
from subscriptions.api.views import AgencyView
from subscriptions.models import Topic


class TopicAnswer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField()
    is_public = serializers.BooleanField()
    url = serializers.URLField()


class TopicsView(AgencyView):
    @extend_schema(
        summary="The agency's open topics, or another agency's public ones",
        parameters=[OpenApiParameter("agency", str, description="Slug of another agency.")],
        responses=answers({200: TopicAnswer(many=True)}, 404),
    )
    def get(self, request: Request) -> Response:
        """Internal topics are listed to their own agency only."""
        agency = self.agency
        if slug := request.query_params.get("agency"):
            agency = get_object_or_404(Agency, slug=slug)
        topics = audible_to(self.agency).filter(agency=agency).select_related("category").order_by("slug")
        return Response([_answer(topic) for topic in topics])


def audible_to(agency: Agency) -> QuerySet[Topic]:
    """Open topics that the agency's machines may listen to: public ones and its own."""
    return Topic.objects.filter(Q(is_public=True) | Q(agency=agency), closed_at=None)


def audible_topics(agency: Agency, slugs: list[str]) -> list[Topic]:
    """The topics of these slugs. Raises Refused with a sentence for each that is none."""
    found = {topic.slug: topic for topic in audible_to(agency).filter(slug__in=slugs)}
    missing = [slug for slug in dict.fromkeys(slugs) if slug not in found]
    if missing:
        raise Refused({"topics": [_("“%s” is not a topic that you can listen to.") % slug for slug in missing]})
    return list(found.values())


def _answer(topic: Topic) -> dict[str, object]:
    return {
        "slug": topic.slug,
        "name": topic.name,
        "description": topic.description,
        "category": topic.category.name if topic.category else "",
        "is_public": topic.is_public,
        "url": settings.SITE_URL + topic.get_absolute_url(),
    }
