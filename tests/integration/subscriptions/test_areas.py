"""The places that people choose: on the subscribe page, behind the confirmation, on their own page."""

import pytest
from django.test import Client

from subscriptions.models import Frequency, OutboxMessage, Place, SignUp, Subscriber
from tests.integration.subscriptions.cast import (
    CARLA,
    Town,
    a_country,
    a_form,
    a_subscriber,
    ask,
    has,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> dict[str, Place]:
    return a_country()


def codes(subscriber: Subscriber) -> set[str]:
    return set(subscriber.areas.values_list("code", flat=True))


def carla() -> Subscriber:
    return Subscriber.objects.with_address(CARLA).get()


def press_confirm(client: Client) -> str:
    """The button behind the link of the mail; what the page said before."""
    from subscriptions.confirming import confirmation_token  # noqa: PLC0415

    path = f"/confirm/{confirmation_token(SignUp.objects.latest('pk'))}/"
    page = client.get(path)
    assert client.post(path, {"seen": page.context["seen"]}).status_code == 302
    return page.content.decode()


def subscribe(client: Client, town: Town, **fields: object):
    return client.post("/subscribe/", a_form(town.floods) | fields)


def test_places_chosen_on_the_subscribe_page_count_once_the_address_has_confirmed(
    client: Client, town: Town, places: dict[str, Place]
) -> None:
    assert subscribe(client, town, area=["N-1", "S-12"]).status_code == 302
    assert codes(carla()) == set()
    page = press_confirm(client)
    assert "Northshire, Southwell" in page
    assert codes(carla()) == {"N-1", "S-12"}


def test_without_a_script_a_search_shows_places_to_tick_and_keeps_what_was_typed(
    client: Client, town: Town, places: dict[str, Place]
) -> None:
    page = subscribe(client, town, place="mill", **{"find-place": "1", f"frequency-{town.floods.pk}": "weekly"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "Found for “mill”" in text
    assert "Northshire, North" in text, "two of one name can be told apart"
    assert f'value="{CARLA}"' in text
    assert '<option value="weekly" selected>' in text
    assert "Error" not in text
    assert not SignUp.objects.exists()


def test_a_place_that_was_typed_and_not_looked_for_is_shown_before_anything_is_sent(
    client: Client, town: Town, places: dict[str, Place]
) -> None:
    assert subscribe(client, town, place="mill").status_code == 200
    assert not SignUp.objects.exists()
    answer = subscribe(client, town, place="mill", **{"place-shown": "mill"}, area=["N-11"])
    assert answer.status_code == 302
    assert SignUp.objects.get().areas == [places["N-11"].pk]


def test_what_is_ticked_stays_through_the_next_search(client: Client, town: Town, places: dict[str, Place]) -> None:
    page = subscribe(client, town, place="south", area=["N-11"], **{"find-place": "1"})
    assert [place.code for place in page.context["picker"].chosen] == ["N-11"]
    assert {place.code for place in page.context["picker"].found} == {"S", "S-1", "S-12"}


@pytest.mark.parametrize(
    ("areas", "says"),
    [(["X-99"], "“X-99” is no place of the register"), ([f"X{n}" for n in range(21)], "is no place of the register")],
)
def test_a_code_that_is_no_place_is_refused_and_named(
    client: Client, town: Town, places: dict[str, Place], areas: list[str], says: str
) -> None:
    page = subscribe(client, town, area=areas)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert not SignUp.objects.exists()


def test_more_than_twenty_places_are_too_many(client: Client, town: Town) -> None:
    for number in range(21):
        Place.objects.create(code=f"P{number}", scheme="T", name=f"Place {number}", kind="locality", path=f"/{number}/")
    page = subscribe(client, town, area=[f"P{number}" for number in range(21)])
    assert page.status_code == 422
    assert "Choose at most 20 places" in page.content.decode()


def test_a_platform_without_a_register_does_not_ask_for_places(client: Client, town: Town) -> None:
    assert 'name="place"' not in client.get("/subscribe/?topic=floods").content.decode()


def test_who_listens_already_keeps_their_places_and_the_new_ones_come_with_them(
    client: Client, town: Town, places: dict[str, Place]
) -> None:
    known = a_subscriber(drought=Frequency.IMMEDIATE)
    known.areas.add(places["N-11"])
    ask(town.floods, areas=[places["S-12"]])
    press_confirm(client)
    assert codes(known) == {"N-11", "S-12"}


def test_who_asks_for_a_topic_and_no_place_keeps_their_places(
    client: Client, town: Town, places: dict[str, Place]
) -> None:
    known = a_subscriber(drought=Frequency.IMMEDIATE)
    known.areas.add(places["N-11"])
    ask(town.floods)
    press_confirm(client)
    assert codes(known) == {"N-11"}


def test_who_heard_about_every_place_is_told_that_this_ends(
    client: Client, town: Town, places: dict[str, Place]
) -> None:
    known = a_subscriber(drought=Frequency.IMMEDIATE)
    ask(town.floods, areas=[places["N-11"]])
    assert "Until now you heard about every place" in press_confirm(client)
    assert codes(known) == {"N-11"}


def test_places_chosen_before_somebody_left_are_not_kept_when_they_come_back(
    client: Client, town: Town, places: dict[str, Place]
) -> None:
    known = a_subscriber()
    known.areas.add(places["N-11"])
    Subscriber.objects.update(status=Subscriber.Status.ENDED)
    ask(town.floods)
    press_confirm(client)
    assert codes(known) == set()


def test_what_was_not_seen_is_not_confirmed(client: Client, town: Town, places: dict[str, Place]) -> None:
    from subscriptions.confirming import confirmation_token  # noqa: PLC0415

    ask(town.floods)
    path = f"/confirm/{confirmation_token(SignUp.objects.get())}/"
    seen = client.get(path).context["seen"]
    ask(town.floods, areas=[places["N-11"]])
    assert client.post(path, {"seen": seen}).status_code == 409
    assert codes(carla()) == set()


def test_a_new_place_for_somebody_who_has_the_topic_is_something_to_confirm(
    town: Town, places: dict[str, Place]
) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE).areas.add(places["N-11"])
    ask(town.floods, areas=[places["S-12"]])
    assert OutboxMessage.objects.get().kind == OutboxMessage.Kind.CONFIRM


def test_somebody_who_has_it_all_gets_the_same_answer_and_a_helpful_mail(
    client: Client, town: Town, places: dict[str, Place]
) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE).areas.add(places["N-11"])
    known = subscribe(client, town, area=["N-11"])
    unknown = subscribe(client, town, area=["N-11"], email="new@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    kinds = set(OutboxMessage.objects.values_list("subscriber__email", "kind"))
    assert kinds == {(CARLA, "already_subscribed"), ("new@example.org", "confirm")}


def test_on_their_own_page_people_find_tick_and_save(town: Town, places: dict[str, Place]) -> None:
    known = a_subscriber(floods=Frequency.IMMEDIATE)
    client = signed_in(known)
    found = client.post("/me/areas/", {"place": "southw", "find-place": "1"})
    assert "Southwell" in found.content.decode()
    assert codes(known) == set()
    client.post("/me/areas/", {"area": ["S-12"], "place": "southw", "place-shown": "southw"})
    assert codes(known) == {"S-12"}
    assert client.post("/me/areas/", {"area": ["S-12", "X"]}).status_code == 422
    client.post("/me/areas/", {})
    assert codes(known) == set()


def test_who_is_signed_in_and_adds_topics_chooses_places_on_the_same_page(town: Town, places: dict[str, Place]) -> None:
    known = a_subscriber(floods=Frequency.IMMEDIATE)
    known.areas.add(places["N-11"])
    browser = signed_in(known)
    page = browser.get("/subscribe/?topic=roads").content.decode()
    assert 'name="place"' in page
    assert f'id="area-{places["N-11"].pk}" checked' in page
    form = {"topic": "roads", f"frequency-{town.roads.pk}": "weekly", "places-asked": "1", "area": ["N-11"]}
    found = browser.post("/subscribe/", form | {"place": "southw", "find-place": "1"})
    assert "Southwell" in found.content.decode()
    assert '<option value="weekly" selected>' in found.content.decode()
    assert (has(known), codes(known)) == ({"floods": "immediate"}, {"N-11"})
    answer = browser.post("/subscribe/", form | {"area": ["N-11", "S-12"]}, follow=True).content.decode()
    assert "Your places are saved." in answer
    assert (has(known), codes(known)) == ({"floods": "immediate", "roads": "weekly"}, {"N-11", "S-12"})
    assert not OutboxMessage.objects.exists()


def test_places_that_the_form_did_not_ask_for_stay(town: Town, places: dict[str, Place]) -> None:
    known = a_subscriber(floods=Frequency.IMMEDIATE)
    known.areas.add(places["N-11"])
    form = {"topic": "roads", f"frequency-{town.roads.pk}": "daily"}
    signed_in(known).post("/subscribe/", form)
    assert codes(known) == {"N-11"}
    refused = signed_in(known).post("/subscribe/", form | {"places-asked": "1", "area": ["X"]})
    assert (refused.status_code, codes(known)) == (422, {"N-11"})
    assert "is no place of the register" in refused.content.decode()
    said = signed_in(known).post("/subscribe/", form | {"places-asked": "1"}, follow=True).content.decode()
    assert "You hear about every place now." in said
    assert codes(known) == set()


def test_the_places_page_is_for_whoever_is_signed_in_only(client: Client, places: dict[str, Place]) -> None:
    assert client.get("/me/areas/")["Location"] == "/me/sign-in/"
    assert client.post("/me/areas/", {"area": ["N"]})["Location"] == "/me/sign-in/"


def test_the_number_of_queries_does_not_grow_with_the_places(
    town: Town, places: dict[str, Place], django_assert_num_queries, django_assert_max_num_queries
) -> None:
    known = a_subscriber(floods=Frequency.IMMEDIATE)
    client = signed_in(known)
    known.areas.add(places["N-11"])
    with django_assert_max_num_queries(12) as few:
        client.get("/me/areas/")
    known.areas.add(*places.values())
    with django_assert_num_queries(len(few)):
        client.get("/me/areas/")
