"""Routes of the staff pages, below /staff/."""

from django.urls import path

from alerts.staff import alert, alert_wizard, approval, bulletin, compose, dashboard, preview, publish

urlpatterns = [
    path("", dashboard.dashboard, name="staff"),
    path("bulletins/new/", compose.new_bulletin, name="staff-new-bulletin"),
    path("bulletins/preview/", preview.live_preview, name="staff-preview"),
    path("bulletins/preview/<str:token>/", preview.preview_frame, name="staff-preview-frame"),
    path("bulletins/<int:pk>/", bulletin.bulletin_page, name="staff-bulletin"),
    path("bulletins/<int:pk>/progress/", bulletin.bulletin_progress, name="staff-bulletin-progress"),
    path("bulletins/<int:pk>/edit/", compose.edit, name="staff-edit"),
    path("bulletins/<int:pk>/publish/", publish.publish, name="staff-publish"),
    path("alerts/new/", alert_wizard.new_alert, name="staff-new-alert"),
    path("alerts/<int:pk>/", alert.alert_page, name="staff-alert"),
    path("alerts/<int:pk>/progress/", alert.alert_progress, name="staff-alert-progress"),
    path("alerts/<int:pk>/source/", alert.source, name="staff-alert-source"),
    path("alerts/<int:pk>/topics/", alert.topics, name="staff-alert-topics"),
    path("alerts/<int:pk>/take-over/", alert.take_over_alert, name="staff-alert-take-over"),
    path("alerts/<int:pk>/approve/", approval.approve, name="staff-approve"),
]
