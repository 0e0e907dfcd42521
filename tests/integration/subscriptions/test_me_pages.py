"""A subscriber's own pages: by a mailed link, for an hour."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from subscriptions.models import Endpoint, Frequency, OutboxMessage, Subscriber
from tests.integration.subscriptions.cast import (
    CARLA,
    Town,
    a_subscriber,
    a_topic,
    an_agency,
    has,
    sign_in_link,
    signed_in,
)

OWN = ["/me/", "/me/endpoints/", "/me/address/", "/me/sent/", "/me/download/"]
ACTS = [
    "/me/topics/", "/me/stop/", "/me/undo/", "/me/language/", "/me/erase/", "/me/endpoints/", "/me/pause/",
    "/me/resume/", "/me/address/", "/me/address/cancel/",
]  # fmt: skip


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.WEEKLY, roads=Frequency.DAILY)


@pytest.mark.parametrize("path", OWN)
def test_who_is_not_signed_in_is_asked_to(town: Town, client: Client, path: str) -> None:
    assert client.get(path)["Location"] == "/me/sign-in/"


@pytest.mark.parametrize("path", ACTS)
def test_without_signing_in_no_act_is_done(carla: Subscriber, client: Client, path: str) -> None:
    assert client.post(path)["Location"] == "/me/sign-in/"
    assert len(has(carla)) == 2


def test_the_answer_to_asking_for_a_link_is_the_same_for_everybody(carla: Subscriber) -> None:
    answers = {Client().post("/me/sign-in/", {"email": email}).content for email in (CARLA, "stranger@example.org")}
    assert len(answers) == 1
    assert OutboxMessage.objects.count() == 1


def test_a_bad_address_is_explained_and_a_flood_is_stopped(carla: Subscriber, client: Client) -> None:
    answer = client.post("/me/sign-in/", {"email": "carla"})
    assert (answer.status_code, "needs an @ sign" in answer.content.decode()) == (422, True)
    for _ in range(5):
        client.post("/me/sign-in/", {"email": CARLA})
    answer = client.post("/me/sign-in/", {"email": CARLA})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_looking_at_the_link_leaves_it_unused_and_the_button_uses_it_once(carla: Subscriber, client: Client) -> None:
    link = sign_in_link(carla)
    for _ in range(3):
        assert client.get(link).status_code == 200
        client.head(link)
    assert client.get("/me/").status_code == 302
    assert client.post(link)["Location"] == "/me/"
    assert CARLA in client.get("/me/").content.decode()
    second = Client().post(link)
    assert second.status_code == 410
    assert "Get a new link" in second.content.decode()


def test_signing_in_changes_the_session_s_id(carla: Subscriber, client: Client) -> None:
    planted = client.session
    planted["x"] = 1
    planted.save()
    client.cookies["sessionid"] = str(planted.session_key)
    client.post(sign_in_link(carla))
    assert client.session.session_key != planted.session_key


def test_the_hour_ends(carla: Subscriber, time_machine: TimeMachineFixture) -> None:
    browser = signed_in(carla)
    time_machine.move_to(timezone.now() + timedelta(minutes=59))
    assert browser.get("/me/").status_code == 200
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    assert browser.get("/me/").status_code == 302


def test_signing_out_ends_it_at_once(carla: Subscriber) -> None:
    browser = signed_in(carla)
    browser.post("/me/sign-out/")
    assert browser.get("/me/").status_code == 302


def test_topics_are_changed_and_stopped_and_the_stop_can_be_undone(carla: Subscriber, town: Town) -> None:
    browser = signed_in(carla)
    form = {f"frequency-{town.floods.pk}": "immediate", f"frequency-{town.roads.pk}": "stop"}
    for _ in range(2):
        browser.post("/me/topics/", form)
        assert has(carla) == {"floods": "immediate"}


def test_each_save_says_what_it_changed(carla: Subscriber, town: Town) -> None:
    browser = signed_in(carla)
    for topic, value, sentence in (
        (town.floods, "immediate", "“Flood warnings” now comes at once."),
        (town.floods, "immediate", "Nothing has changed."),
        (town.roads, "stop", "You no longer get “Road works”."),
        (town.drought, "daily", "New: “Drought notices” (Once a day)."),
        (town.drought, "hourly", "Nothing has changed."),
    ):
        page = browser.post("/me/topics/", {f"frequency-{topic.pk}": value}, follow=True).content.decode()
        assert sentence in page
    page = browser.post("/me/stop/", follow=True).content.decode()
    assert "2 topics are stopped." in page


def test_many_changes_at_once_are_told_shortly(carla: Subscriber, town: Town) -> None:
    topics = [a_topic(town.city, f"t{number}", f"Topic {number}") for number in range(9)]
    form = {f"frequency-{topic.pk}": "daily" for topic in topics}
    page = signed_in(carla).post("/me/topics/", form, follow=True).content.decode()
    assert "6 more changes are saved." in page


def test_topics_stand_under_their_agencies_each_with_a_form_of_its_own(carla: Subscriber, town: Town) -> None:
    page = signed_in(carla).get("/me/").content.decode()
    water, city = page.index("<h3>Ministry of Water</h3>"), page.index("<h3>City of Brook</h3>")
    assert city < page.index("Road works") < water < page.index("Flood warnings")
    for topic in (town.floods, town.roads):
        assert page.count(f'name="frequency-{topic.pk}"') == 1


def test_the_stop_beside_a_topic_wins_over_its_frequency(carla: Subscriber, town: Town) -> None:
    form = {f"frequency-{town.roads.pk}": "weekly", "stop": str(town.roads.pk)}
    for _ in range(2):
        signed_in(carla).post("/me/topics/", form)
        assert has(carla) == {"floods": "weekly"}
    signed_in(carla).post("/me/topics/", {"stop": ["", "x", "-1", "9" * 40, "٣", str(town.internal.pk)]})
    assert has(carla) == {"floods": "weekly"}


def test_stopping_everything_offers_an_undo_that_works(carla: Subscriber) -> None:
    browser = signed_in(carla)
    browser.post("/me/stop/")
    assert has(carla) == {}
    assert "Undo" in browser.get("/me/").content.decode()
    browser.post("/me/undo/")
    assert has(carla) == {"floods": "weekly", "roads": "daily"}
    assert "Undo" not in browser.get("/me/").content.decode()


@pytest.mark.parametrize(
    "name", ["frequency-", "frequency-x", "frequency--1", "frequency-99999999999999999999", "frequency-٣", "other"]
)
def test_a_form_that_names_nothing_known_changes_nothing(carla: Subscriber, name: str) -> None:
    assert signed_in(carla).post("/me/topics/", {name: "stop"}).status_code == 302
    assert len(has(carla)) == 2


def test_internal_topics_can_t_be_added_but_those_one_has_can_be_left(carla: Subscriber, town: Town) -> None:
    browser = signed_in(carla)
    browser.post("/me/topics/", {f"frequency-{town.internal.pk}": "daily"})
    assert "duty-roster" not in has(carla)
    type(town.floods).objects.filter(pk=town.floods.pk).update(closed_at=timezone.now())
    browser.post("/me/topics/", {f"frequency-{town.floods.pk}": "stop"})
    assert has(carla) == {"roads": "daily"}


def test_the_language_is_saved_and_a_made_up_one_is_not(carla: Subscriber) -> None:
    browser = signed_in(carla)
    for language in ("uk", "xx", ""):
        browser.post("/me/language/", {"language": language})
    carla.refresh_from_db()
    assert carla.language == "uk"
    assert "Українська" in browser.post("/me/language/", {"language": "uk"}, follow=True).content.decode()


def test_a_new_language_is_confirmed_in_itself(carla: Subscriber) -> None:
    browser = signed_in(carla)
    page = browser.post("/me/language/", {"language": "uk"}, follow=True).content.decode()
    assert "Відтепер ми пишемо вам цією мовою: Українська." in page
    assert "We write to you in this language from now on: English." in (
        browser.post("/me/language/", {"language": "en"}, follow=True).content.decode()
    )


def test_the_download_is_a_file_of_json(carla: Subscriber) -> None:
    answer = signed_in(carla).get("/me/download/")
    assert answer["Content-Type"] == "application/json"
    assert "attachment" in answer["Content-Disposition"]
    assert json.loads(answer.getvalue())["address"] == CARLA


def test_erasing_signs_out_and_leaves_no_address(carla: Subscriber) -> None:
    browser = signed_in(carla)
    browser.post("/me/erase/")
    carla.refresh_from_db()
    assert carla.email == ""
    assert browser.get("/me/").status_code == 302


def test_an_endpoint_is_added_and_its_secret_is_shown_once(carla: Subscriber) -> None:
    browser = signed_in(carla)
    form = {"url": "https://hooks.example.org/a", "topics": "floods, roads"}
    answer = browser.post("/me/endpoints/", form)
    assert answer.status_code == 201
    assert "whsec_" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    page = browser.get("/me/endpoints/").content.decode()
    assert "https://hooks.example.org/a" in page
    assert "whsec_" not in page
    again = browser.post("/me/endpoints/", form)
    assert (again.status_code, "registered this address" in again.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"url": "https://169.254.169.254/latest", "topics": "floods"}, "must be a public address"),
        ({"url": "http://hooks.example.org", "topics": "floods"}, "must look like https://"),
        ({"url": "https://hooks.example.org", "topics": "duty-roster"}, "There is no topic “duty-roster”"),
        ({"url": "https://hooks.example.org", "topics": "nonsense"}, "There is no topic “nonsense”"),
        ({"url": "", "topics": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_with_an_endpoint_is_explained(carla: Subscriber, form: dict[str, str], sentence: str) -> None:
    answer = signed_in(carla).post("/me/endpoints/", form)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_an_endpoint_can_be_removed_and_challenged_again_by_its_owner_alone(carla: Subscriber, town: Town) -> None:
    endpoint = Endpoint.objects.create(
        subscriber=carla, url="https://hooks.example.org/a", sealed_secret="-", status=Endpoint.Status.FAILED
    )
    other = signed_in(a_subscriber("other@example.org", floods=Frequency.DAILY))
    assert other.post(f"/me/endpoints/{endpoint.pk}/again/").status_code == 404
    other.post(f"/me/endpoints/{endpoint.pk}/remove/")
    endpoint.refresh_from_db()
    assert endpoint.status == "failed"
    browser = signed_in(carla)
    browser.post(f"/me/endpoints/{endpoint.pk}/again/")
    endpoint.refresh_from_db()
    assert endpoint.status == "pending"
    for _ in range(2):
        assert browser.post(f"/me/endpoints/{endpoint.pk}/remove/").status_code == 302
    assert not Endpoint.objects.exists()


def test_the_lists_take_as_many_queries_for_many_rows_as_for_one(
    carla: Subscriber, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = signed_in(carla)
    for number in range(12):
        topic = a_topic(an_agency(f"a{number}", f"Agency {number}"), f"t{number}", f"Topic {number}")
        browser.post("/me/topics/", {f"frequency-{topic.pk}": "daily"})
        endpoint = Endpoint.objects.create(subscriber=carla, url=f"https://h.example.org/{number}", sealed_secret="-")
        endpoint.subscriptions.create(topic=topic, started_at=timezone.now())
    for path in ("/me/", "/me/endpoints/", "/me/address/"):
        with django_assert_max_num_queries(9):
            browser.get(path)
