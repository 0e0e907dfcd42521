"""Routes of the API and of its reference; at the root of the site."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from alerts.api.alerts import AlertsView, AlertView
from alerts.api.bulletins import BulletinsView, BulletinView
from alerts.api.corrections import CorrectionsView
from alerts.api.developers import developers
from alerts.api.stopping import CancelView, PauseView, ResumeView, WithdrawView
from govnotify.lib.public import PAGE, public
from subscriptions.api.views import no_such_route

urlpatterns = [
    path("developers/", public(PAGE)(developers), name="developers"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/bulletins", BulletinsView.as_view(), name="api-bulletins"),
    path("api/v1/bulletins/<int:pk>", BulletinView.as_view(), name="api-bulletin"),
    path("api/v1/bulletins/<int:pk>/pause", PauseView.as_view(), name="api-bulletin-pause"),
    path("api/v1/bulletins/<int:pk>/resume", ResumeView.as_view(), name="api-bulletin-resume"),
    path("api/v1/bulletins/<int:pk>/cancel", CancelView.as_view(), name="api-bulletin-cancel"),
    path("api/v1/bulletins/<int:pk>/withdraw", WithdrawView.as_view(), name="api-bulletin-withdraw"),
    path("api/v1/bulletins/<int:pk>/corrections", CorrectionsView.as_view(), name="api-bulletin-corrections"),
    path("api/v1/alerts", AlertsView.as_view(), name="api-alerts"),
    path("api/v1/alerts/<int:pk>", AlertView.as_view(), name="api-alert"),
    path("api/v1/", include("subscriptions.api.urls")),
    re_path(r"^api/", no_such_route),
]
