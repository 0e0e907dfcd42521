"""Routes of the staff pages, below /staff/."""

from django.urls import path

from alerts.staff import (
    alert,
    alert_wizard,
    approval,
    bulletin,
    compose,
    dashboard,
    preview,
    publish,
    recipients,
    stopping,
    withdraw,
)

urlpatterns = [
    path("", dashboard.dashboard, name="staff"),
    path("bulletins/new/", compose.new_bulletin, name="staff-new-bulletin"),
    path("bulletins/preview/", preview.live_preview, name="staff-preview"),
    path("bulletins/preview/<str:token>/", preview.preview_frame, name="staff-preview-frame"),
    path("bulletins/<int:pk>/", bulletin.bulletin_page, name="staff-bulletin"),
    path("bulletins/<int:pk>/progress/", bulletin.bulletin_progress, name="staff-bulletin-progress"),
    path("bulletins/<int:pk>/edit/", compose.edit, name="staff-edit"),
    path("bulletins/<int:pk>/publish/", publish.publish, name="staff-publish"),
    path("bulletins/<int:pk>/pause/", stopping.pause_bulletin, name="staff-bulletin-pause"),
    path("bulletins/<int:pk>/resume/", stopping.resume_bulletin, name="staff-bulletin-resume"),
    path("bulletins/<int:pk>/stop/", stopping.stop_bulletin, name="staff-bulletin-stop"),
    path("bulletins/<int:pk>/withdraw/", withdraw.withdraw, name="staff-withdraw"),
    path("bulletins/<int:pk>/correct/", compose.correct, name="staff-correct"),
    path("bulletins/<int:pk>/recipients/", recipients.of_bulletin, name="staff-bulletin-recipients"),
    path("bulletins/<int:pk>/recipients.csv", recipients.bulletin_csv, name="staff-bulletin-list"),
    path("alerts/new/", alert_wizard.new_alert, name="staff-new-alert"),
    path("alerts/<int:pk>/", alert.alert_page, name="staff-alert"),
    path("alerts/<int:pk>/progress/", alert.alert_progress, name="staff-alert-progress"),
    path("alerts/<int:pk>/source/", alert.source, name="staff-alert-source"),
    path("alerts/<int:pk>/topics/", alert.topics, name="staff-alert-topics"),
    path("alerts/<int:pk>/take-over/", alert.take_over_alert, name="staff-alert-take-over"),
    path("alerts/<int:pk>/approve/", approval.approve, name="staff-approve"),
    path("alerts/<int:pk>/pause/", stopping.pause_alert, name="staff-alert-pause"),
    path("alerts/<int:pk>/resume/", stopping.resume_alert, name="staff-alert-resume"),
    path("alerts/<int:pk>/stop/", stopping.stop_alert, name="staff-alert-stop"),
    path("alerts/<int:pk>/recipients/", recipients.of_alert, name="staff-alert-recipients"),
    path("alerts/<int:pk>/recipients.csv", recipients.alert_csv, name="staff-alert-list"),
]
