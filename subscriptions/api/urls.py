"""Routes of the listeners' API, below /api/v1/."""

from django.urls import path

from subscriptions.api.endpoints import ChallengeView, EndpointsView, EndpointView
from subscriptions.api.topics import TopicsView

urlpatterns = [
    path("topics", TopicsView.as_view(), name="api-topics"),
    path("endpoints", EndpointsView.as_view(), name="api-endpoints"),
    path("endpoints/<int:pk>", EndpointView.as_view(), name="api-endpoint"),
    path("endpoints/<int:pk>/challenge", ChallengeView.as_view(), name="api-endpoint-challenge"),
]
