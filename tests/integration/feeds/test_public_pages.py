"""Cache headers: public pages can be kept by a cache in front, personal ones never are."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import success
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.test import Client, RequestFactory
from django.urls import path as route
from django.utils import timezone

from agencies.models import Role
from govnotify.lib.public import PAGE, public
from govnotify.urls import urlpatterns as real
from tests.integration.feeds.cast import Published
from tests.integration.staff.cast import a_person
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town, a_bulletin

PUBLIC = ["/", "/agencies/water/", "/topics/floods/", "/alerts/", "/archive/", "/archive/?q=river", "/developers/"]
OWN = ["/me/", "/me/sign-in/", "/subscribe/", "/staff/sign-in/login/", "/health/", "/nowhere/", "/topics/none/"]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_can_be_kept_for_seconds_by_language(published: Published, client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["Cache-Control"].startswith("public, max-age=")
    assert 10 <= int(answer["Cache-Control"].split("max-age=")[1].split(",")[0]) <= 30
    assert {name.strip() for name in answer["Vary"].split(",")} == {"Accept-Language", "Cookie"}
    assert not answer.cookies
    assert not answer.has_header("X-Robots-Tag")
    assert "nonce" not in answer["Content-Security-Policy"]
    assert "nonce" not in answer.content.decode()


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_that_has_not_changed_is_not_sent_again(published: Published, client: Client, path: str) -> None:
    first = client.get(path)
    second = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (second.status_code, second.content) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert second[name] == first[name]
    assert client.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200
    head = client.head(path, headers={"If-None-Match": first["ETag"]})
    assert head.status_code == 304


def test_a_bulletin_can_be_kept_and_its_tag_tells_languages_apart(published: Published, client: Client) -> None:
    path = f"/bulletins/{published.languages.pk}/"
    assert client.get(path)["Cache-Control"].startswith("public, max-age=10,")
    assert client.get(path)["ETag"] != client.get(f"{path}?lang=ar")["ETag"]


def test_a_correction_changes_the_tag_of_what_it_corrects(town: Town, client: Client) -> None:
    bulletin = a_bulletin(town.floods)
    before = client.get(bulletin.get_absolute_url())["ETag"]
    a_bulletin(town.floods, corrects=bulletin)
    assert client.get(bulletin.get_absolute_url(), headers={"If-None-Match": before}).status_code == 200


def test_what_was_withdrawn_is_kept_for_seconds_only(published: Published, client: Client) -> None:
    answer = client.get(published.withdrawn.get_absolute_url())
    assert (answer.status_code, answer["Cache-Control"]) == (410, "public, max-age=10")


@pytest.mark.parametrize("path", OWN)
def test_everything_else_is_private_and_out_of_search_engines(town: Town, client: Client, path: str) -> None:
    answer = client.get(path)
    assert "public" not in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"


@pytest.mark.django_db
def test_public_pages_are_the_same_for_whoever_is_signed_in(town: Town) -> None:
    carla, staff = cast.signed_in(cast.a_subscriber()), Client()
    staff.force_login(a_person(town.water, Role.PUBLISHER))
    for path in ("/", "/alerts/", "/archive/", "/topics/floods/", "/agencies/water/"):
        tags = {browser.get(path)["ETag"] for browser in (Client(), carla, staff)}
        assert len(tags) == 1, path


@public(PAGE)
def with_a_message(request: HttpRequest) -> HttpResponse:
    success(request, "Only for you")
    return render(request, "404.html")


@public(PAGE)
def with_a_token(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request))


@public(PAGE)
def with_a_session(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.session.get("subscriber")))


@public(PAGE)
def with_a_nonce(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(getattr(request, "csp_nonce", "")))


@public(PAGE)
def with_a_cookie(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse("-")
    answer.set_cookie("seen", "1")
    return answer


VIEWS = (with_a_message, with_a_token, with_a_session, with_a_nonce, with_a_cookie)
urlpatterns = [*real, *(route(f"{view.__name__}/", view) for view in VIEWS)]


@pytest.mark.django_db
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_personal_bit_on_a_public_page_keeps_the_page_out_of_every_cache(view: Any, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    answer = Client().get(f"/{view.__name__}/")
    assert answer["Cache-Control"] == "private, no-store"
    assert not answer.has_header("ETag")


@pytest.mark.django_db
def test_a_message_that_waits_is_shown_on_a_public_page_which_is_then_not_kept(town: Town) -> None:
    browser = cast.signed_in(cast.a_subscriber())
    answer = browser.post("/me/erase/", {"sure": "on"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/"
    assert "are erased" in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert browser.get("/")["Cache-Control"].startswith("public")


def test_an_agency_s_colour_is_a_stylesheet(client: Client) -> None:
    answer = client.get("/theme/ffd54f.css")
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer.content == b":root{--agency:#ffd54f;--agency-ink:#000000}"
    assert answer["Cache-Control"].startswith("public, max-age=86400")
    for colour in ("FFD54F", "fff", "ffd54g", "ffd54f0", "12345%7D"):
        assert client.get(f"/theme/{colour}.css").status_code == 404


def test_the_alerts_page_changes_its_tag_when_an_alert_runs_out(town: Town, client: Client) -> None:
    alert = cast.an_alert(town.floods)
    before = client.get("/alerts/")["ETag"]
    type(alert).objects.filter(pk=alert.pk).update(expires=timezone.now() - timedelta(seconds=1))
    assert client.get("/alerts/")["ETag"] != before


def test_the_request_factory_s_requests_without_middleware_are_left_alone() -> None:
    assert with_a_cookie(RequestFactory().get("/")).status_code == 200
