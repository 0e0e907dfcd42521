"""Routes of the public pages."""

from django.urls import path

from alerts.pages.agency import agency
from alerts.pages.alerts import alerts
from alerts.pages.archive import archive
from alerts.pages.bulletin import bulletin
from alerts.pages.home import home
from alerts.pages.topic import topic

urlpatterns = [
    path("", home, name="home"),
    path("agencies/<slug:slug>/", agency, name="agency"),
    path("topics/<slug:slug>/", topic, name="topic"),
    path("bulletins/<int:bulletin_id>/", bulletin, name="bulletin"),
    path("alerts/", alerts, name="alerts"),
    path("archive/", archive, name="archive"),
]
