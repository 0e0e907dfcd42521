"""Routes of what machines read; at the root of the site."""

from django.urls import path

from alerts.feeds import alert, robots, sitemap, views

urlpatterns = [
    path("topics/<slug:slug>/feed.<str:form>", views.topic_feed, name="topic_feed"),
    path("agencies/<slug:slug>/feed.<str:form>", views.agency_feed, name="agency_feed"),
    path("alerts/feed.<str:form>", views.alerts_feed, name="alerts_feed"),
    path("archive/feed.<str:form>", views.archive_feed, name="archive_feed"),
    path("alerts/<int:pk>/", alert.alert, name="alert"),
    path("alerts/<int:pk>/cap.xml", alert.alert_cap, name="alert_cap"),
    path("sitemap.xml", sitemap.index, name="sitemap"),
    path("sitemaps/pages.xml", sitemap.pages, name="sitemap_pages"),
    path("sitemaps/<str:section>-<int:number>.xml", sitemap.file, name="sitemap_file"),
    path("robots.txt", robots.robots, name="robots"),
]
