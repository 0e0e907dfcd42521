"""What is suggested, to whom, and the tick and the button that add it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from agencies.audit import Actor
from agencies.models import AuditEntry
from subscriptions import partnering
from subscriptions.confirming import confirm, confirmation_token, fingerprint
from subscriptions.models import ConsentRecord, Frequency, PartnerPin, SignUp, Source, Subscriber, Topic
from subscriptions.partnering import PinRefused, move_up, pin, unpin
from subscriptions.suggesting import SHOWN, suggestions, suggestions_for
from tests.integration.subscriptions.cast import (
    CARLA,
    Town,
    a_form,
    a_subscriber,
    a_topic,
    an_agency,
    ask,
    has,
    signed_in,
)
from tests.integration.subscriptions.followers import ENOUGH, all_counted, names, people

BY = Actor.of(None)


@pytest.fixture
def followed(town: Town) -> Town:
    """Many who follow floods also follow roads and, fewer of them, drought."""
    people(ENOUGH, town.floods, town.roads, town.drought)
    people(ENOUGH, town.floods, town.roads)
    people(10, town.drought)
    people(200, a_topic(town.city, "festivals", "Festivals"))
    all_counted()
    return town


def a_link(*topics: Topic) -> str:
    """Of the mail that asked to confirm these; confirmed."""
    ask(*topics)
    sign_up = SignUp.objects.get()
    confirm(sign_up=sign_up, seen=fingerprint(sign_up))
    return f"/confirm/{confirmation_token(sign_up)}/"


def test_what_belongs_together_most_comes_first_and_nothing_that_was_chosen(followed: Town) -> None:
    assert names(suggestions(beside=[followed.floods.pk])) == ["roads", "drought"]
    assert names(suggestions(beside=[followed.floods.pk, followed.roads.pk])) == ["drought"]


def test_topics_that_were_closed_or_hidden_since_are_not_suggested_any_more(followed: Town) -> None:
    Topic.objects.filter(pk=followed.roads.pk).update(closed_at=timezone.now())
    Topic.objects.filter(pk=followed.drought.pk).update(is_public=False)
    assert suggestions(beside=[followed.floods.pk]) == []


def test_an_internal_topic_suggests_nothing(followed: Town) -> None:
    Topic.objects.filter(pk=followed.floods.pk).update(is_public=False)
    pin(agency=followed.water, topic=followed.roads, actor=BY)
    assert suggestions(beside=[followed.floods.pk]) == []


def test_partners_come_first_in_their_agency_s_order(followed: Town) -> None:
    schools = an_agency("schools", "Schools of Brook")
    closings = a_topic(schools, "closings", "School closings")
    pin(agency=followed.water, topic=closings, actor=BY)
    assert names(suggestions(beside=[followed.floods.pk])) == ["closings", "roads", "drought"]
    assert names(suggestions(beside=[followed.roads.pk])) == ["floods", "drought"]


def test_partners_leave_room_for_what_people_follow(followed: Town) -> None:
    schools = an_agency("schools", "Schools of Brook")
    for number in range(8):
        pin(agency=followed.water, topic=a_topic(schools, f"school-{number}", f"School {number}"), actor=BY)
    offered = names(suggestions(beside=[followed.floods.pk]))
    assert len(offered) == SHOWN
    assert offered[-2:] == ["roads", "drought"]


def test_somebody_s_own_topics_and_what_they_left_within_a_year_are_left_out(followed: Town) -> None:
    carla = a_subscriber(floods=Frequency.DAILY, roads=Frequency.DAILY)
    assert names(suggestions_for(carla)) == ["drought"]
    rows = carla.subscriptions.filter(topic=followed.roads)
    rows.update(ended_at=timezone.now() - timedelta(days=300))
    assert names(suggestions_for(carla)) == ["drought"]
    rows.update(ended_at=timezone.now() - timedelta(days=400))
    assert names(suggestions_for(carla)) == ["roads", "drought"]


def test_suggesting_takes_the_same_queries_however_much_is_followed(followed: Town, django_assert_num_queries) -> None:
    carla = a_subscriber(floods=Frequency.DAILY)
    with django_assert_num_queries(3):
        suggestions_for(carla)
    with django_assert_num_queries(2):
        suggestions(beside=[followed.floods.pk, followed.roads.pk, followed.drought.pk])


def test_the_answer_to_a_sign_up_suggests_by_the_chosen_topics_the_same_to_everybody(followed: Town) -> None:
    a_subscriber(floods=Frequency.DAILY, roads=Frequency.DAILY)
    answers = set()
    for email in (CARLA, "stranger@example.org"):
        browser = Client()
        answer = browser.post("/subscribe/", a_form(followed.floods, email=email))
        answers.add(browser.get(answer["Location"]).content.decode())
    assert len(answers) == 1
    assert 'name="suggested" value="roads"' in answers.pop()


def test_no_page_says_how_many_follow(followed: Town, client: Client) -> None:
    context = client.get("/subscribe/check-your-mail/?topic=floods").context
    assert not any(hasattr(topic, "followers") for topic in context["suggestions"])


def test_after_confirming_a_tick_and_a_button_add_more(followed: Town, client: Client) -> None:
    link = a_link(followed.floods)
    assert 'name="suggested" value="roads"' in client.get(link).content.decode()
    answer = client.post(f"{link}more/", {"suggested": ["roads", "drought"]}, follow=True)
    assert "New: “Road works”." in answer.content.decode()
    carla = Subscriber.objects.get(email=CARLA)
    assert has(carla) == dict.fromkeys(("floods", "roads", "drought"), "immediate")
    rows = carla.subscriptions.exclude(source=None).select_related("source")
    assert {row.source.kind for row in rows if row.source} == {Source.Kind.NETWORK}
    record = ConsentRecord.objects.get(topic=followed.roads, subscriber_id=carla.pk)
    assert (record.way, record.page) == (ConsentRecord.Way.CONFIRMED, "/confirm/")
    assert 'name="suggested"' not in client.get(link).content.decode()


def test_what_is_added_comes_as_often_as_the_rest(followed: Town, client: Client) -> None:
    ask(followed.floods, frequency=Frequency.WEEKLY)
    sign_up = SignUp.objects.get()
    confirm(sign_up=sign_up, seen=fingerprint(sign_up))
    client.post(f"/confirm/{confirmation_token(sign_up)}/more/", {"suggested": "roads"})
    assert has(sign_up.subscriber) == {"floods": "weekly", "roads": "weekly"}


def test_the_link_gives_what_is_suggested_and_nothing_else(followed: Town, client: Client) -> None:
    other = a_topic(followed.city, "markets", "Markets")
    link = a_link(followed.floods)
    client.post(f"{link}more/", {"suggested": [other.slug, "duty-roster", "nonsense", "roads\x00"]})
    assert has(Subscriber.objects.get(email=CARLA)) == {"floods": "immediate"}


def test_before_the_confirmation_it_adds_nothing(followed: Town, client: Client) -> None:
    ask(followed.floods)
    client.post(f"/confirm/{confirmation_token(SignUp.objects.get())}/more/", {"suggested": "roads"})
    assert has(Subscriber.objects.get(email=CARLA)) == {}
    assert list(SignUp.objects.get().choices) == [str(followed.floods.pk)]


def test_nor_for_somebody_who_has_left_since(followed: Town, client: Client) -> None:
    link = a_link(followed.floods)
    carla = Subscriber.objects.get(email=CARLA)
    carla.subscriptions.update(ended_at=timezone.now())
    Subscriber.objects.filter(pk=carla.pk).update(status=Subscriber.Status.ENDED)
    client.post(f"{link}more/", {"suggested": "roads"})
    assert has(carla) == {}


def test_a_bad_link_adds_nothing(followed: Town, client: Client) -> None:
    assert client.post(f"{a_link(followed.floods)[:-5]}/more/", {"suggested": "roads"}).status_code == 404
    assert client.get(f"{a_link(followed.floods)}more/").status_code == 405


def test_my_subscriptions_suggest_and_add(followed: Town) -> None:
    carla = a_subscriber(floods=Frequency.DAILY)
    browser = signed_in(carla)
    assert 'name="suggested" value="roads"' in browser.get("/me/").content.decode()
    answer = browser.post("/me/suggested/", {"suggested": ["roads", "duty-roster", "\x00"]}, follow=True)
    assert "New: “Road works”." in answer.content.decode()
    assert has(carla) == {"floods": "daily", "roads": "daily"}
    assert "Tick a topic first." in browser.post("/me/suggested/", follow=True).content.decode()


def test_ticking_what_one_has_changes_nothing(followed: Town) -> None:
    carla = a_subscriber(floods=Frequency.DAILY, roads=Frequency.WEEKLY)
    signed_in(carla).post("/me/suggested/", {"suggested": "roads"})
    assert has(carla) == {"floods": "daily", "roads": "weekly"}
    assert not ConsentRecord.objects.filter(subscriber_id=carla.pk).exists()


def test_pins_are_ordered_taken_out_and_audited(town: Town) -> None:
    markets = a_topic(town.city, "markets", "Markets")
    for topic in (town.roads, markets, town.roads):
        pin(agency=town.water, topic=topic, actor=BY)
    move_up(agency=town.water, topic_id=markets.pk, actor=BY)
    move_up(agency=town.water, topic_id=markets.pk, actor=BY)
    assert list(town.water.partner_pins.values_list("topic__slug", flat=True)) == ["markets", "roads"]
    unpin(agency=town.water, topic_id=town.roads.pk, actor=BY)
    assert list(town.water.partner_pins.values_list("topic__slug", flat=True)) == ["markets"]
    entries = AuditEntry.objects.filter(verb="agency.partners-changed").order_by("pk")
    assert [entry.after["topics"] for entry in entries] == [
        [town.roads.pk], [town.roads.pk, markets.pk], [markets.pk, town.roads.pk], [markets.pk]
    ]  # fmt: skip


def test_own_internal_and_too_many_topics_can_t_be_pinned(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partnering, "MOST", 1)
    markets = a_topic(town.city, "markets", "Markets")
    pin(agency=town.water, topic=town.roads, actor=BY)
    pin(agency=town.city, topic=town.floods, actor=BY)
    for agency, topic in ((town.water, town.floods), (town.city, town.internal), (town.water, markets)):
        with pytest.raises(PinRefused):
            pin(agency=agency, topic=topic, actor=BY)
    assert PartnerPin.objects.count() == 2
