"""Every route of the platform."""

from django.urls import include, path

from govnotify.health import health, live

urlpatterns = [
    path("health/", health, name="health"),
    path("health/live/", live, name="health_live"),
    path("staff/sign-in/", include("allauth.urls")),
    path("staff/", include("alerts.staff.urls")),
    path("", include("alerts.api.urls")),
    path("", include("subscriptions.urls")),
    path("", include("alerts.pages.urls")),
]
