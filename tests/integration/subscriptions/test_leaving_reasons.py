"""Why people left: asked once, counted, and never tied to anybody."""

from datetime import date, timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from subscriptions.leaving_reasons import answer, question, reasons_of
from subscriptions.models import Frequency, LeavingCount, Subscriber
from tests.integration.subscriptions.cast import Town, a_subscriber, unsubscribe_link

TOO_MANY, UNCLEAR = LeavingCount.Reason.TOO_MANY, LeavingCount.Reason.UNCLEAR


def counts() -> dict[tuple[str, str], int]:
    rows = LeavingCount.objects.values_list("topic__slug", "reason", "count")
    return {(slug, reason): count for slug, reason, count in rows}


@pytest.fixture
def stranger() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.WEEKLY, drought=Frequency.DAILY)


def test_whoever_has_left_is_asked_and_the_answer_is_counted_once(
    carla: Subscriber, town: Town, stranger: Client
) -> None:
    left = stranger.post(unsubscribe_link(carla, town.floods), {"scope": "agency"})
    assert "Why did you stop?" in left.content.decode()
    for reason in ("too-many", "too-many", "unclear"):
        page = stranger.post("/u/reason/", {"question": left.context["question"], "reason": reason})
        assert "Thank you" in page.content.decode()
    assert counts() == {("floods", "too-many"): 1, ("drought", "too-many"): 1}


def test_people_with_the_same_reason_add_up(town: Town) -> None:
    for _ in range(3):
        answer(question=question([town.floods.pk]), reason=TOO_MANY)
    answer(question=question([town.floods.pk]), reason=UNCLEAR)
    assert counts() == {("floods", "too-many"): 3, ("floods", "unclear"): 1}


@pytest.mark.parametrize("reason", ["", "because", "too-many\x00", "x" * 10_000])
def test_what_is_no_reason_is_not_counted(town: Town, stranger: Client, reason: str) -> None:
    page = stranger.post("/u/reason/", {"question": question([town.floods.pk]), "reason": reason})
    assert (page.status_code, "Nothing was counted" in page.content.decode()) == (200, True)
    assert counts() == {}


FOREIGN = pytest.param(signing.dumps([[1], "x"], salt="another"), id="signed for something else")  # and for a moment


@pytest.mark.parametrize("forged", ["", "forged", FOREIGN])
def test_a_question_that_we_did_not_ask_is_not_counted(town: Town, stranger: Client, forged: str) -> None:
    assert stranger.post("/u/reason/", {"question": forged, "reason": "unclear"}).status_code == 410
    assert counts() == {}


def test_a_question_can_be_answered_for_a_day(town: Town, time_machine: TimeMachineFixture) -> None:
    asked = question([town.floods.pk])
    time_machine.move_to(timezone.now() + timedelta(hours=25))
    with pytest.raises(signing.BadSignature):
        answer(question=asked, reason=TOO_MANY)


def test_neither_the_question_nor_the_count_holds_anything_of_the_person(
    carla: Subscriber, town: Town, stranger: Client
) -> None:
    left = stranger.post(unsubscribe_link(carla, town.floods), {"scope": "matched"})
    topics, number = signing.loads(left.context["question"], salt="subscriptions.leaving-reason")
    assert topics == [town.floods.pk]
    assert isinstance(number, str)
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, LeavingCount._meta.db_table)
    assert {column.name for column in columns} == {"id", "topic_id", "reason", "month", "count"}


def test_an_agency_sees_groups_of_ten_in_months_that_are_over(town: Town, time_machine: TimeMachineFixture) -> None:
    month, later = date(2026, 11, 1), "2026-12-01T00:00:01Z"
    for topic, reason, people in (
        (town.floods, TOO_MANY, 10),
        (town.floods, UNCLEAR, 9),
        (town.drought, UNCLEAR, 12),
        (town.roads, UNCLEAR, 50),
    ):
        LeavingCount.objects.create(topic=topic, reason=reason, month=month, count=people)
    time_machine.move_to("2026-11-30T23:59:00Z")
    assert reasons_of(agency=town.water, month=month) == []
    time_machine.move_to(later)
    found = reasons_of(agency=town.water, month=month)
    assert [tuple(row) for row in found] == [("Drought notices", "unclear", 12), ("Flood warnings", "too-many", 10)]
