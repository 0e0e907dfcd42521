"""Routes of the citizens' own pages: subscribe, confirm, unsubscribe, manage."""

from django.urls import path

from subscriptions.pages import confirm, endpoints, me, sign_in, subscribe, unsubscribe

urlpatterns = [
    path("subscribe/", subscribe.subscribe, name="subscribe"),
    path("subscribe/check-your-mail/", subscribe.check_your_mail, name="check_your_mail"),
    path("confirm/<str:token>/", confirm.confirm, name="confirm"),
    path("u/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
    path("me/", me.me, name="me"),
    path("me/topics/", me.me_topics, name="me_topics"),
    path("me/stop/", me.me_stop, name="me_stop"),
    path("me/undo/", me.me_undo, name="me_undo"),
    path("me/language/", me.me_language, name="me_language"),
    path("me/download/", me.me_download, name="me_download"),
    path("me/erase/", me.me_erase, name="me_erase"),
    path("me/sign-in/", sign_in.me_sign_in, name="me_sign_in"),
    path("me/sign-in/<str:token>/", sign_in.me_open, name="me_open"),
    path("me/sign-out/", sign_in.me_sign_out, name="me_sign_out"),
    path("me/endpoints/", endpoints.me_endpoints, name="me_endpoints"),
    path("me/endpoints/<int:endpoint_id>/again/", endpoints.me_endpoint_again, name="me_endpoint_again"),
    path("me/endpoints/<int:endpoint_id>/remove/", endpoints.me_endpoint_remove, name="me_endpoint_remove"),
]
