"""The link in every bulletin: one click by the mail program, buttons for people (RFC 8058)."""

import pytest
from django.test import Client

from subscriptions.models import ConsentRecord, Frequency, Subscriber
from tests.integration.subscriptions.cast import Town, a_subscriber, has, unsubscribe_link

ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.WEEKLY, drought=Frequency.DAILY, roads=Frequency.IMMEDIATE)


@pytest.fixture
def link(carla: Subscriber, town: Town) -> str:
    return unsubscribe_link(carla, town.floods)


@pytest.fixture
def stranger() -> Client:
    """A mail provider's machine: no cookies, and the CSRF check is on."""
    return Client(enforce_csrf_checks=True)


def test_one_click_urlencoded_unsubscribes_with_no_redirect(carla: Subscriber, link: str, stranger: Client) -> None:
    answer = stranger.post(link, ONE_CLICK, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert set(has(carla)) == {"drought", "roads"}
    assert ConsentRecord.objects.get().way == "one-click"


def test_one_click_multipart_unsubscribes_with_no_redirect(carla: Subscriber, link: str, stranger: Client) -> None:
    assert stranger.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert set(has(carla)) == {"drought", "roads"}


def test_one_click_twice_is_answered_alike(carla: Subscriber, link: str, stranger: Client) -> None:
    for _ in range(2):
        assert stranger.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert ConsentRecord.objects.count() == 1


def test_the_page_offers_topic_agency_and_everything(link: str, client: Client) -> None:
    text = client.get(link).content.decode()
    for words in ("Stop this topic", "Everything from Ministry of Water", "Stop everything"):
        assert words in text


@pytest.mark.parametrize(("scope", "left"), [("matched", 2), ("agency", 1), ("everything", 0)])
def test_each_button_acts_and_the_answer_offers_an_undo(
    carla: Subscriber, link: str, stranger: Client, scope: str, left: int
) -> None:
    answer = stranger.post(link, {"scope": scope})
    assert "You are unsubscribed" in answer.content.decode()
    assert len(has(carla)) == left
    stranger.post(link, {"undo": answer.context["undo"]})
    assert has(carla) == {"floods": "weekly", "drought": "daily", "roads": "immediate"}


def test_a_button_pressed_twice_is_harmless(carla: Subscriber, link: str, stranger: Client) -> None:
    stranger.post(link, {"scope": "matched"})
    assert "Nothing has changed" in stranger.post(link, {"scope": "matched"}).content.decode()


@pytest.mark.parametrize("form", [{}, {"scope": "all"}, {"List-Unsubscribe": "maybe"}])
def test_a_post_that_names_nothing_changes_nothing(
    carla: Subscriber, link: str, stranger: Client, form: dict[str, str]
) -> None:
    assert stranger.post(link, form).status_code == 400
    assert len(has(carla)) == 3


def test_an_undo_that_is_not_ours_changes_nothing(carla: Subscriber, link: str, stranger: Client) -> None:
    stranger.post(link, {"scope": "everything"})
    answer = stranger.post(link, {"undo": "forged"})
    assert answer.status_code == 410
    assert "It is too late to undo this" in answer.content.decode()
    assert has(carla) == {}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_cut_link_leads_to_the_sign_in(link: str, stranger: Client, method: str) -> None:
    answer = getattr(stranger, method)(link[:-3])
    assert answer.status_code == 404
    assert "/me/sign-in/" in answer.content.decode()


def test_the_page_of_somebody_who_gets_nothing_says_so(link: str, carla: Subscriber, client: Client) -> None:
    client.post(link, {"scope": "everything"})
    assert "There is nothing to stop" in client.get(link).content.decode()


def test_the_page_names_no_address(link: str, client: Client) -> None:
    assert "example.org" not in client.get(link).content.decode().lower()


def test_the_path_is_exact(link: str, client: Client) -> None:
    assert client.get(f"{link}/").status_code == 404


@pytest.fixture
def digest_link(carla: Subscriber) -> str:
    """As it stands in a digest: it names no topic."""
    return unsubscribe_link(carla)


def test_one_click_in_a_digest_ends_digests_and_nothing_else(
    carla: Subscriber, digest_link: str, stranger: Client
) -> None:
    assert stranger.post(digest_link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert has(carla) == {"roads": "immediate"}


def test_the_page_of_a_digest_ends_digests_and_takes_it_back(
    carla: Subscriber, digest_link: str, stranger: Client
) -> None:
    page = stranger.get(digest_link).content.decode()
    assert "Stop digests" in page
    assert "Stop everything" in page
    assert len(has(carla)) == 3
    answer = stranger.post(digest_link, {"scope": "digests"})
    assert has(carla) == {"roads": "immediate"}
    stranger.post(digest_link, {"undo": answer.context["undo"]})
    assert has(carla) == {"floods": "weekly", "drought": "daily", "roads": "immediate"}


def test_a_topic_s_link_in_a_digest_ends_that_topic_and_takes_it_back(
    carla: Subscriber, digest_link: str, stranger: Client, town: Town
) -> None:
    page = stranger.get(f"{digest_link}?topic={town.drought.pk}")
    assert page.context["asked"] == town.drought
    assert len(has(carla)) == 3
    answer = stranger.post(digest_link, {"scope": "topic", "topic": town.drought.pk})
    assert set(has(carla)) == {"floods", "roads"}
    stranger.post(digest_link, {"undo": answer.context["undo"]})
    assert has(carla)["drought"] == "daily"


@pytest.mark.parametrize("topic", ["", "x", "0", "-1", "9" * 30, "٣"])
def test_a_topic_that_is_none_ends_nothing(carla: Subscriber, digest_link: str, stranger: Client, topic: str) -> None:
    assert stranger.get(digest_link, {"topic": topic}).context["asked"] is None
    assert "Nothing has changed" in stranger.post(digest_link, {"scope": "topic", "topic": topic}).content.decode()
    assert len(has(carla)) == 3
