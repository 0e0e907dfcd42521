"""No route without an access rule: each is on the list of public ones, or refuses who is not signed in."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from agencies.models import User

SIGN_IN = ("/staff/sign-in/", "/me/sign-in/")
# What anybody may open. A link that names one person by a signed token is public: the token is the key.
PUBLIC = {
    # The citizens' pages.
    "", "agencies/<slug:slug>/", "categories/<slug:slug>/", "topics/<slug:slug>/",
    "bulletins/<int:bulletin_id>/", "alerts/", "archive/",
    # What machines read of them, and the stylesheets of agencies' colours.
    "topics/<slug:slug>/feed.<str:form>", "agencies/<slug:slug>/feed.<str:form>", "alerts/feed.<str:form>",
    "archive/feed.<str:form>", "alerts/<int:pk>/", "alerts/<int:pk>/cap.xml",
    "sitemap.xml", "sitemaps/pages.xml", "sitemaps/<str:section>-<int:number>.xml", "robots.txt",
    "theme/<str:colour>.css", "manifest.webmanifest", "language/",
    "privacy/", "accessibility/", "agencies/<slug:slug>/privacy/", "agencies/<slug:slug>/accessibility/",
    "subscribe/", "subscribe/check-your-mail/", "confirm/<str:token>/", "confirm/<str:token>/more/",
    "u/<str:token>", "u/reason/",
    # A browser shows who it is by what only it has.
    "push/", "push/worker.js", "push/tell/", "push/state/", "push/answer/", "push/stop/", "push/move/", "push/places/",
    "embed/<slug:slug>/", "embed/<slug:slug>/subscribe/", "embed/<slug:slug>/check-your-mail/",
    "me/address/confirm/<str:token>/", "me/address/refuse/<str:token>/",
    "me/sign-in/", "me/sign-in/<str:token>/", "me/sign-out/",
    # For machines and those who build them; below api/ also the answer to addresses that are none.
    "health/", "health/live/", "developers/", "api/schema/", "^api/",
    # How staff get in, in django-allauth; sign-up is closed, which has a test of its own.
    "staff/sign-in/login/", "staff/sign-in/logout/", "staff/sign-in/inactive/", "staff/sign-in/signup/",
    # Closed to everybody: test_nobody_gets_a_new_password_by_mail, test_nobody_changes_the_address_of_an_account.
    "^staff/sign-in/password/reset",
    "staff/sign-in/email/",
    "staff/sign-in/password/reset/", "staff/sign-in/password/reset/done/", "staff/sign-in/password/reset/key/done/",
    r"staff/sign-in/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    "staff/sign-in/confirm-email/", r"staff/sign-in/^confirm-email/(?P<key>[-:\w]+)/$",
}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")
EXAMPLES = {"int": "1", "str": "x", "slug": "x", "uuid": "00000000-0000-4000-8000-000000000000", "path": "x"}


def routes(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[str]:
    """Every route as it is written in the URL configurations."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def address(route: str) -> str:
    """An address that the route matches."""
    plain = re.sub(r"<(?:(\w+):)?\w+>", lambda found: EXAMPLES[found[1] or "str"], route)
    plain = re.sub(r"\(\?P<\w+>[^)]*\)", "x", plain)
    return "/" + plain.replace("^", "").replace("$", "")


GUARDED = sorted(set(routes()) - PUBLIC)


@pytest.mark.parametrize("page", ["", "done/", "key/x-y/", "key/done/"])
def test_nobody_gets_a_new_password_by_mail(page: str) -> None:
    for method in ("get", "post"):
        assert getattr(Client(), method)(f"/staff/sign-in/password/reset/{page}").status_code == 404


@pytest.mark.django_db
def test_nobody_changes_the_address_of_an_account() -> None:
    nora = User.objects.create_user("nora@water.example", "-", name="Nora")
    client = Client()
    client.force_login(nora)
    assert client.get("/staff/sign-in/email/").status_code == 404
    assert client.post("/staff/sign-in/email/", {"action_add": "", "email": "n@evil.example"}).status_code == 404


def test_every_public_route_is_a_route() -> None:
    assert PUBLIC - set(routes()) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("route", GUARDED)
def test_a_guarded_route_refuses_who_is_not_signed_in(route: str) -> None:
    """Before it looks anything up: what does not exist is refused as well, so nobody learns what does."""
    answers = {method: getattr(Client(), method)(address(route), follow=False) for method in METHODS}
    taken = {method: answer for method, answer in answers.items() if answer.status_code != 405}

    assert taken
    for method, answer in taken.items():
        to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith(SIGN_IN)
        assert to_sign_in or answer.status_code in {401, 403}, (
            f"{method.upper()} /{route} answers {answer.status_code} to anybody: guard it, or list it in PUBLIC"
        )
