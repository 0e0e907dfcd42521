"""Links that nobody mailed: forged, cut, changed, old, somebody else's. A clear page, no change, nobody is named."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django import Settings
from time_machine import TimeMachineFixture

from channels.tokens import Signer, timed_token
from subscriptions.ending import end
from subscriptions.erasing import erase
from subscriptions.keys import signer
from subscriptions.leaving_reasons import question
from subscriptions.models import ConsentRecord, Frequency, LeavingCount, Subscriber, Subscription
from subscriptions.pages.form_clock import EMBED_SALT, start
from subscriptions.unsubscribing import undo_token
from tests.integration.abuse import rows
from tests.integration.abuse.answers import told
from tests.integration.abuse.links import KINDS, Kind, cut, flipped, longer
from tests.integration.subscriptions.cast import Town, a_form, a_subscriber, has, unsubscribe_link

ONLY_POST = {"more"}


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.IMMEDIATE)


@pytest.fixture
def _rotating() -> Iterator[None]:
    """The process keeps its keys; a test that sets others starts and ends without them."""
    signer.cache_clear()
    yield
    signer.cache_clear()


def tried(kind: Kind, token: str) -> list[Any]:
    """Opened, and its button pressed: what came back."""
    address, browser = kind.at(quote(token, safe="")), Client()
    return [browser.post(address, kind.press), *([] if kind is KINDS["more"] else [browser.get(address)])]


def statuses(kind: Kind, tokens: Iterator[str]) -> set[int]:
    return {answer.status_code for token in tokens for answer in tried(kind, token)}


@pytest.mark.parametrize("name", KINDS)
def test_a_link_that_is_cut_or_changed_in_one_bit_is_not_whole(carla: Subscriber, name: str) -> None:
    kind = KINDS[name]
    token = kind.make(carla)
    before = rows.digest()
    assert statuses(kind, cut(token)) == {404}
    assert statuses(kind, flipped(token)) == {404}
    assert statuses(kind, longer(token)) == {404}
    assert rows.digest() == before


@pytest.mark.parametrize("name", KINDS)
def test_a_link_that_is_not_whole_says_the_way_out_and_no_more(carla: Subscriber, name: str) -> None:
    kind = KINDS[name]
    if name in ONLY_POST:
        return
    bob = a_subscriber("bob@example.org")
    erase(subscribers=Subscriber.objects.filter(pk=bob.pk))
    tokens = [kind.make(carla)[:-1], kind.make(carla)[:20], "nonsense", "a" * 60]
    answers = {str(told(Client().get(kind.at(token)), token)) for token in tokens}
    assert len(answers) == 1
    text = Client().get(kind.at(tokens[0])).content.decode()
    assert "copy the whole link" in text
    assert text.count('class="button"') == 1


@pytest.mark.parametrize("name", KINDS)
def test_a_link_of_one_kind_opens_no_other(carla: Subscriber, name: str) -> None:
    tokens = {other: kind.make(carla) for other, kind in KINDS.items()}
    before = rows.digest()
    for other, token in tokens.items():
        if KINDS[other].make is not KINDS[name].make:
            assert statuses(KINDS[name], iter([token])) == {404}, other
    assert rows.digest() == before


@pytest.mark.parametrize("name", KINDS)
@given(token=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
@hypothesis(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_text_at_all_is_a_link_that_is_not_whole(town: Town, name: str, token: str) -> None:
    assert statuses(KINDS[name], iter([token])) <= {404, 405}  # 405: some texts are the names of other pages


@pytest.mark.parametrize("name", KINDS)
def test_a_forger_with_keys_of_their_own_gets_nothing(carla: Subscriber, name: str) -> None:
    kind = KINDS[name]
    kind.make(carla)
    before = rows.digest()
    forger = Signer([(1, b"a key that is not the platform's own")])
    purposes = ("confirm", "sign-in", "address-confirm", "address-refuse", "", "unsubscribe")
    tokens = [timed_token(forger, purpose, number, timezone.now()) for purpose in purposes for number in (0, 1, 2**62)]
    assert statuses(kind, iter(tokens)) == {404}
    assert rows.digest() == before


@pytest.mark.parametrize("name", set(KINDS) - {"unsubscribe"})
def test_an_old_link_says_that_it_is_over(carla: Subscriber, time_machine: TimeMachineFixture, name: str) -> None:
    kind = KINDS[name]
    token = kind.make(carla)
    before = rows.digest()
    time_machine.move_to(timezone.now() + timedelta(days=9))
    assert statuses(kind, iter([token])) == {410}
    assert rows.digest() == before


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("gone", ["erased", "deleted"])
def test_a_link_of_somebody_who_is_gone_brings_nobody_back(carla: Subscriber, name: str, gone: str) -> None:
    kind = KINDS[name]
    token = kind.make(carla)
    erase(subscribers=Subscriber.objects.filter(pk=carla.pk))
    if gone == "deleted":
        Subscriber.objects.filter(pk=carla.pk).delete()
    before = rows.digest()
    assert statuses(kind, iter([token])) == ({200} if name == "unsubscribe" else {410})
    assert rows.digest() == before


def test_a_link_names_its_person_and_nobody_else(carla: Subscriber) -> None:
    bob = a_subscriber("bob@example.org", floods=Frequency.DAILY)
    for kind in KINDS.values():
        token = kind.make(bob)
        press = kind.press | ({"seen": Client().get(kind.at(token)).context["seen"]} if "seen" in kind.press else {})
        Client().post(kind.at(token), press)
        carla.refresh_from_db()
        assert (carla.email, has(carla)) == ("Carla@Example.org", {"floods": "immediate"})
    assert not ConsentRecord.objects.filter(subscriber_id=carla.pk).exists()


@pytest.mark.usefixtures("_rotating")
@pytest.mark.parametrize("name", KINDS)
def test_keys_rotate_as_the_manual_says(carla: Subscriber, settings: Settings, name: str) -> None:
    kind = KINDS[name]
    old = settings.TOKEN_KEYS
    mailed = kind.make(carla)
    settings.TOKEN_KEYS = ["200:a new key that is long enough", *old]
    signer.cache_clear()
    assert statuses(kind, iter([mailed])) & {404} == set()
    settings.TOKEN_KEYS = ["200:a new key that is long enough"]
    signer.cache_clear()
    before = rows.digest()
    assert statuses(kind, iter([mailed])) == {404}
    assert rows.digest() == before


def test_what_django_signs_outlives_its_key_while_that_is_a_fallback(
    town: Town, carla: Subscriber, settings: Settings
) -> None:
    ended = end(subscriber_id=carla.pk, among=Subscription.objects.all(), way=ConsentRecord.Way.LINK)
    undo, asked, old = undo_token(ended), question([town.floods.pk]), settings.SECRET_KEY
    page, frame = start(), start(EMBED_SALT)
    settings.MINIMUM_FILL_SECONDS = 0
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key, which is as long as it has to be", [old]
    assert Client().post("/u/reason/", {"reason": "other", "question": asked}).status_code == 200
    assert Client().post("/subscribe/", a_form(town.floods, started=page)).status_code == 302
    embedded = {"topic": "floods", "email": "dan@example.org", "started": frame}
    assert Client().post("/embed/water/subscribe/", embedded).status_code == 302
    link = unsubscribe_link(carla, town.floods)
    assert Client().post(link, {"undo": undo}).status_code == 200
    assert has(carla) == {"floods": "immediate"}
    settings.SECRET_KEY_FALLBACKS = []
    assert Client().post(link, {"undo": undo}).status_code == 410
    assert Client().post("/u/reason/", {"reason": "other", "question": asked}).status_code == 410


def test_an_undo_that_is_changed_or_another_s_takes_nothing_back(town: Town, carla: Subscriber) -> None:
    bob = a_subscriber("bob@example.org", floods=Frequency.DAILY)
    everything = Subscription.objects.all()
    mine, theirs = (
        undo_token(end(subscriber_id=one.pk, among=everything, way=ConsentRecord.Way.LINK)) for one in (carla, bob)
    )
    link = unsubscribe_link(carla, town.floods)
    before = rows.digest()
    changed = [mine[:place] + ("A" if char != "A" else "B") + mine[place + 1 :] for place, char in enumerate(mine)]
    for token in [*(mine[:length] for length in range(len(mine))), *changed, theirs, "é\x00", mine + mine, start()]:
        for field in ("undo", "undo-pause"):
            assert Client().post(link, {field: token}).status_code == 410
    assert Client().post(link, {"undo-pause": mine}).status_code == 410
    assert rows.digest() == before


def test_an_answer_to_why_somebody_left_counts_once_and_only_where_we_asked(town: Town) -> None:
    asked = question([town.floods.pk])
    form = {"reason": "other", "question": asked}
    for token in [asked[:length] for length in range(0, len(asked), 3)] + [asked + "x", start(), "\x00é"]:
        assert Client().post("/u/reason/", form | {"question": token}).status_code == 410
    assert not LeavingCount.objects.exists()
    for _ in range(5):
        assert Client().post("/u/reason/", form).status_code == 200
    assert LeavingCount.objects.get().count == 1
