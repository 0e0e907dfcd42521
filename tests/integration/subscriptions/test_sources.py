"""Where a subscription came from is kept from the form to the row, through the confirmation."""

import pytest
from django.test import Client

from subscriptions.confirming import confirm, fingerprint
from subscriptions.exporting import as_json, export
from subscriptions.models import Frequency, SignUp, Source, Subscriber, Subscription, Topic
from tests.integration.subscriptions.cast import Town, a_form, a_subscriber, ask, signed_in


def confirmed() -> Subscriber:
    """Whoever signed up has pressed the button in the mail."""
    sign_up = SignUp.objects.select_related("subscriber").get()
    confirm(sign_up=sign_up, seen=fingerprint(sign_up))
    return sign_up.subscriber


def came_from(subscriber: Subscriber) -> dict[str, str]:
    rows = subscriber.subscriptions.current().select_related("source", "topic")
    return {row.topic.slug: str(row.source or "") for row in rows}


def network(*topics: Topic) -> dict[int, int]:
    return dict.fromkeys((topic.pk for topic in topics), Source.objects.at(Source.Kind.NETWORK).pk)


def test_our_own_pages_leave_no_source(town: Town, client: Client) -> None:
    client.post("/subscribe/", a_form(town.floods))
    assert came_from(confirmed()) == {"floods": ""}
    assert not Source.objects.exists()


def test_a_suggested_topic_in_the_form_is_the_networks(town: Town, client: Client) -> None:
    shown = client.get("/subscribe/?topic=floods&suggested=roads").content.decode()
    assert 'name="suggested" value="roads"' in shown
    form = a_form(town.floods, town.roads) | {"topic": ["floods"], "suggested": ["roads"]}
    client.post("/subscribe/", form)
    assert came_from(confirmed()) == {"floods": "", "roads": "network"}


def test_what_is_asked_for_twice_in_a_day_came_from_where_it_was_asked_for_first(town: Town) -> None:
    ask(town.floods)
    ask(town.floods, town.roads, sources=network(town.floods, town.roads))
    ask(town.roads, town.drought)
    assert came_from(confirmed()) == {"floods": "", "roads": "network", "drought": ""}


def test_after_a_confirmation_a_new_sign_up_starts_with_its_own_sources(town: Town) -> None:
    ask(town.roads, sources=network(town.roads))
    confirmed()
    ask(town.drought)
    assert SignUp.objects.get().sources == {}


def test_a_topic_that_is_followed_already_keeps_its_source(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.DAILY)
    ask(town.floods, sources=network(town.floods))
    confirmed()
    assert came_from(carla) == {"floods": ""}


def test_who_comes_back_comes_from_where_they_came_the_last_time(town: Town) -> None:
    ask(town.floods, sources=network(town.floods))
    carla = confirmed()
    Subscription.objects.filter(subscriber=carla).update(ended_at=carla.created_at)
    ask(town.floods)
    confirmed()
    assert came_from(carla) == {"floods": ""}


def test_signed_in_as_well(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.DAILY)
    browser = signed_in(carla)
    assert 'name="suggested" value="roads"' in browser.get("/subscribe/?suggested=roads").content.decode()
    browser.post("/me/topics/", {f"frequency-{town.roads.pk}": "weekly", "suggested": "roads"})
    assert came_from(carla) == {"floods": "", "roads": "network"}


def test_the_download_says_it(town: Town) -> None:
    ask(town.floods, sources=network(town.floods))
    data = "".join(as_json(export(confirmed())))
    assert data.count('"came_from"') == 2
    assert "network" in data


@pytest.mark.parametrize("slug", ["roads%00", "%00"])
def test_what_postgresql_can_t_be_asked_for_is_no_topic(town: Town, client: Client, slug: str) -> None:
    assert client.get(f"/subscribe/?suggested={slug}&topic={slug}").status_code == 200
    assert client.get(f"/subscribe/check-your-mail/?topic={slug}").status_code == 200


def test_a_source_of_a_site_is_an_embedded_form_and_there_once(town: Town) -> None:
    first = Source.objects.at(Source.Kind.EMBED, "https://www.water.example")
    assert Source.objects.at(Source.Kind.EMBED, "https://www.water.example") == first
    assert Source.objects.at(Source.Kind.EMBED) != first
