"""Who may open what: every staff route × every role, other agencies' things, and how one signs in."""

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse

from agencies.models import Agency, Role, User
from alerts.staff.access import IDLE_SECONDS, SEEN
from alerts.staff.urls import urlpatterns
from subscriptions.models import Category
from tests.integration.staff.cast import (
    PASSWORD,
    a_draft,
    a_person,
    a_topic,
    an_agency,
    an_alert,
    fresh,
    signed_in,
)

pytestmark = pytest.mark.django_db

EVERYBODY = set(Role)
PUBLISHERS = {Role.PUBLISHER, Role.ADMINISTRATOR}
DRAFTERS = {Role.AUTHOR, Role.PUBLISHER, Role.ADMINISTRATOR}
# What each route asks for, and whether it is a POST. A new route must be added here: a test below sees to it.
WHO = {
    "staff": EVERYBODY,
    "staff-new-bulletin": DRAFTERS,
    "staff-preview": DRAFTERS,
    "staff-preview-frame": EVERYBODY,
    "staff-bulletin": EVERYBODY,
    "staff-bulletin-progress": EVERYBODY,
    "staff-edit": DRAFTERS,
    "staff-publish": PUBLISHERS,
    "staff-new-alert": {Role.OPERATOR},
    "staff-alert": EVERYBODY,
    "staff-alert-progress": EVERYBODY,
    "staff-alert-source": EVERYBODY,
    "staff-alert-topics": {Role.OPERATOR},
    "staff-alert-take-over": {Role.OPERATOR},
    "staff-approve": {Role.APPROVER},
    "staff-bulletin-pause": PUBLISHERS,
    "staff-bulletin-resume": PUBLISHERS,
    "staff-bulletin-stop": PUBLISHERS,
    "staff-withdraw": PUBLISHERS,
    "staff-correct": DRAFTERS,
    "staff-bulletin-recipients": EVERYBODY,
    "staff-bulletin-list": PUBLISHERS,
    "staff-alert-pause": {Role.OPERATOR, Role.APPROVER},
    "staff-alert-resume": {Role.APPROVER},
    "staff-alert-stop": {Role.OPERATOR, Role.APPROVER},
    "staff-alert-recipients": EVERYBODY,
    "staff-alert-list": {Role.OPERATOR, Role.APPROVER, Role.ADMINISTRATOR},
    "staff-sources": EVERYBODY,
    "staff-partners": {Role.ADMINISTRATOR},
    "staff-embed": EVERYBODY,
    "staff-names": {Role.ADMINISTRATOR},
    "staff-topic-names": {Role.ADMINISTRATOR},
    # Whoever administers the platform, whatever their roles: a test of its own.
    "staff-categories": set(),
    "staff-category": set(),
    "staff-category-move": set(),
    "staff-category-delete": set(),
}
POSTS = {
    "staff-preview", "staff-alert-take-over", "staff-bulletin-pause", "staff-bulletin-resume", "staff-bulletin-list",
    "staff-alert-pause", "staff-alert-list", "staff-category-move", "staff-category-delete",
}  # fmt: skip
# With what is about a draft there is nothing to stop, withdraw or correct yet, and a machine's alert can't be approved
# before somebody takes it over: these send one back to the page.
SENT_BACK = {
    "staff-approve", "staff-alert-take-over", "staff-bulletin-pause", "staff-bulletin-resume", "staff-bulletin-stop",
    "staff-withdraw", "staff-correct", "staff-alert-pause", "staff-alert-resume", "staff-alert-stop",
}  # fmt: skip
ABOUT_A_BULLETIN = {
    "staff-bulletin", "staff-bulletin-progress", "staff-edit", "staff-publish", "staff-bulletin-pause",
    "staff-bulletin-resume", "staff-bulletin-stop", "staff-withdraw", "staff-correct", "staff-bulletin-recipients",
    "staff-bulletin-list",
}  # fmt: skip
ABOUT_AN_AGENCY = {"staff-sources", "staff-partners", "staff-embed", "staff-names"}
OF_THE_PLATFORM = {"staff-categories", "staff-category", "staff-category-move", "staff-category-delete"}
OWN = {"staff", "staff-new-bulletin", "staff-preview", "staff-preview-frame", "staff-new-alert"}


@pytest.fixture
def addresses() -> dict[str, str]:
    """Every route with something of the ministry behind it."""
    topic = a_topic(an_agency())
    draft = a_draft(topic)
    alert = an_alert(topic, None)
    alert.source_xml = b"<alert/>"
    alert.save()
    subject = Category.objects.create(slug="rivers", name="Rivers")
    found = {
        "staff-categories": reverse("staff-categories"),
        "staff-topic-names": reverse("staff-topic-names", args=["water", topic.slug]),
    }
    found |= {name: reverse(name, args=[subject.pk]) for name in OF_THE_PLATFORM - {"staff-categories"}}
    for name in WHO.keys() - found.keys():
        if name == "staff-preview-frame":
            found[name] = reverse(name, args=["token"])
        elif name in OWN:
            found[name] = reverse(name) + ("?agency=water" if name == "staff-preview" else "")
        elif name in ABOUT_AN_AGENCY:
            found[name] = reverse(name, args=["water"])
        else:
            found[name] = reverse(name, args=[draft.pk if name in ABOUT_A_BULLETIN else alert.pk])
    return found


def ask(client: Client, name: str, address: str) -> int:
    return client.post(address).status_code if name in POSTS else client.get(address).status_code


def visits(person: User, addresses: dict[str, str]) -> Iterator[tuple[str, int]]:
    client = fresh(signed_in(person))
    cache.set(f"staff-preview/{person.pk}/token", "<p>mail</p>")
    for name, address in addresses.items():
        yield name, ask(client, name, address)


def test_the_table_has_every_route() -> None:
    assert {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)} == set(WHO)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_covers_and_nothing_else(role: Role, addresses: dict[str, str]) -> None:
    agency = Agency.objects.get(slug="water")
    for name, status in visits(a_person(agency, role), addresses):
        if role not in WHO[name]:
            # Nobody's agency in the query is nobody's page, whatever the role is elsewhere.
            assert status == (404 if name == "staff-preview" else 403), name
        else:
            assert status == (302 if name in SENT_BACK else 200), name


@pytest.mark.parametrize("role", list(Role))
def test_another_agencys_things_do_not_exist(role: Role, addresses: dict[str, str]) -> None:
    stranger = a_person(an_agency("brook", "City of Brook"), role)
    for name, status in visits(stranger, addresses):
        if name not in OWN:
            assert status == (403 if name in OF_THE_PLATFORM else 404), name


def test_somebody_without_a_role_sees_an_empty_overview_and_nothing_else(addresses: dict[str, str]) -> None:
    nobody = User.objects.create_user("nora@water.example", PASSWORD, name="Nora")
    for name, status in visits(nobody, addresses):
        expected = dict.fromkeys(OF_THE_PLATFORM, 403) | {
            "staff": 200,
            "staff-preview-frame": 200,
            "staff-new-bulletin": 403,
            "staff-new-alert": 403,
        }
        assert status == expected.get(name, 404), name


def test_nobody_comes_in_without_signing_in(addresses: dict[str, str]) -> None:
    client = Client()
    for name, address in addresses.items():
        answer = client.post(address) if name in POSTS else client.get(address)
        assert (answer.status_code, answer["Location"][:21]) == (302, "/staff/sign-in/login/"), name


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in() -> None:
    answer = Client().get("/staff/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"


def test_a_publishing_role_needs_a_second_factor() -> None:
    agency = an_agency()
    client = Client()
    client.force_login(a_person(agency, Role.PUBLISHER))
    assert client.get("/staff/")["Location"] == reverse("mfa_activate_totp")
    client.force_login(a_person(agency, Role.AUTHOR, name="Adam"))
    assert client.get("/staff/").status_code == 200


def test_an_operator_is_signed_out_when_idle_and_polling_is_no_click() -> None:
    client = signed_in(a_person(an_agency(), Role.OPERATOR))
    client.get("/staff/")
    session = client.session
    session[SEEN] -= IDLE_SECONDS - 10
    session.save()
    client.get("/staff/", headers={"HX-Request": "true"})
    assert client.session[SEEN] == session[SEEN]
    session[SEEN] -= 20
    session.save()
    assert "/staff/sign-in/login/" in client.get("/staff/")["Location"]
    assert "/staff/sign-in/login/" in client.get("/staff/")["Location"]  # for good, not for one click


def test_sign_in_takes_the_password_and_then_the_second_factor() -> None:
    person = a_person(an_agency(), Role.PUBLISHER)
    signed_in(person)
    client = Client()
    wrong = client.post("/staff/sign-in/login/", {"login": person.email, "password": "wrong"})
    assert b"There is a problem" in wrong.content
    right = client.post("/staff/sign-in/login/", {"login": person.email, "password": PASSWORD})
    assert right["Location"] == reverse("mfa_authenticate")
    assert client.get("/staff/")["Location"].startswith("/staff/sign-in/login/")
    assert Authenticator.objects.filter(user=person).exists()


@pytest.mark.parametrize(
    "address",
    ["login/", "signup/", "logout/", "2fa/", "2fa/totp/activate/", "reauthenticate/", "password/change/", "inactive/"],
)
def test_the_sign_in_pages_wear_the_platforms_clothes(address: str) -> None:
    client = Client()
    if address not in {"login/", "signup/", "inactive/"}:
        person = User.objects.create_user("nora@water.example", PASSWORD, name="Nora")
        client.force_login(person)
        fresh(client)
    answer = client.get(f"/staff/sign-in/{address}")
    assert answer.status_code == 200
    assert b"govnotify/site.css" in answer.content
    assert b"Sign Up" not in answer.content


def test_staff_pages_are_never_cached() -> None:
    answer = signed_in(a_person(an_agency(), Role.VIEWER)).get("/staff/")
    assert "no-store" in answer.headers["Cache-Control"]
