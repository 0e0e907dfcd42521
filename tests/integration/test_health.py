"""The health pages tell load balancers and people the truth."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.lanes import Channel, Lane, RecipientKind
from alerts.models import Batch, Dispatch
from govnotify.embedded import free_port
from subscriptions.models import Frequency

pytestmark = pytest.mark.django_db


def health(status: int) -> Any:
    answer = Client().get("/health/")
    assert answer.status_code == status
    return answer.json()["parts"]


def a_waiting_batch(seconds: float) -> None:
    now = timezone.now()
    run = Dispatch.objects.create(
        period=Frequency.DAILY, lane=Lane.DIGEST, month=now.date().replace(day=1), since=now, cut_off=now
    )
    Dispatch.objects.update(created_at=now - timedelta(seconds=seconds))
    Batch.objects.create(
        dispatch=run, kind=RecipientKind.SUBSCRIBER, channel=Channel.EMAIL, lane=Lane.ROUTINE, agency_id=0,
        first_id=1, last_id=9, size=9,
    )  # fmt: skip


def test_all_is_well_when_the_servers_answer_and_nothing_waits():
    parts = health(200)
    assert parts["lane emergency"] == {"ok": True, "words": "Nothing waits."}
    assert set(parts) == {"database", "broker", *(f"lane {lane.label}" for lane in Lane)}


def test_a_lane_whose_work_waits_too_long_asks_for_a_person():
    a_waiting_batch(seconds=700)
    assert "more than 600 s" in health(503)["lane routine"]["words"]


def test_work_that_has_only_just_come_is_no_cause_for_alarm():
    a_waiting_batch(seconds=5)
    assert health(200)["lane routine"]["ok"]


def test_a_broker_that_is_away_is_named(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert "emergencies do not" in health(503)["broker"]["words"]


def test_liveness_asks_nothing_of_the_servers(settings, django_assert_num_queries):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with django_assert_num_queries(0):
        assert Client().get("/health/live/").content == b"alive\n"
