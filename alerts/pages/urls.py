"""Routes of the public pages."""

from django.urls import path

from alerts.pages.agency import agency
from alerts.pages.alerts import alerts
from alerts.pages.archive import archive
from alerts.pages.bulletin import bulletin
from alerts.pages.category import category
from alerts.pages.home import home
from alerts.pages.sent_to_me import me_download, me_sent
from alerts.pages.statements import accessibility, privacy
from alerts.pages.topic import topic
from govnotify.lib.public import PAGE, URGENT, public

urlpatterns = [
    path("", public(URGENT)(home), name="home"),
    path("agencies/<slug:slug>/", public(PAGE)(agency), name="agency"),
    path("agencies/<slug:slug>/privacy/", public(PAGE)(privacy), name="agency_privacy"),
    path("agencies/<slug:slug>/accessibility/", public(PAGE)(accessibility), name="agency_accessibility"),
    path("privacy/", public(PAGE)(privacy), name="privacy"),
    path("accessibility/", public(PAGE)(accessibility), name="accessibility"),
    path("categories/<slug:slug>/", public(PAGE)(category), name="category"),
    path("topics/<slug:slug>/", public(PAGE)(topic), name="topic"),
    path("bulletins/<int:bulletin_id>/", public(URGENT)(bulletin), name="bulletin"),
    path("alerts/", public(URGENT)(alerts), name="alerts"),
    path("archive/", public(PAGE)(archive), name="archive"),
    path("me/sent/", me_sent, name="me_sent"),
    path("me/download/", me_download, name="me_download"),
]
