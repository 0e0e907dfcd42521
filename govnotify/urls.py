"""Every route of the platform."""

from django.urls import include, path, re_path

from agencies.sign_in import closed
from govnotify.health import health, live
from govnotify.language import language
from govnotify.manifest import manifest
from govnotify.metrics import metrics
from govnotify.theme import theme

urlpatterns = [
    path("health/", health, name="health"),
    path("health/live/", live, name="health_live"),
    path("metrics/", metrics, name="metrics"),
    path("language/", language, name="language"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("theme/<str:colour>.css", theme, name="theme"),
    re_path(r"^staff/sign-in/password/reset", closed),
    path("staff/sign-in/email/", closed),
    path("staff/sign-in/", include("allauth.urls")),
    path("staff/", include("alerts.staff.urls")),
    path("", include("alerts.api.urls")),
    path("", include("subscriptions.urls")),
    path("", include("alerts.feeds.urls")),
    path("", include("alerts.pages.urls")),
]

handler400 = "govnotify.errors.bad_request"
handler500 = "govnotify.errors.server_error"
