"""The health page tells load balancers and people the truth."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.engine.probes import make_probes_due
from alerts.lanes import Channel, Lane, RecipientKind
from alerts.models import Batch, Delivery, Dispatch, Probe, Turn
from alerts.partitions import ensure_month
from alerts.service_levels import FAILURES, HOUSEKEEPING, PROBED, SERVICE_LEVELS
from govnotify.embedded import free_port
from govnotify.lib.queues import Queue
from subscriptions.models import Frequency
from tests.engine import work_through

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _probed(db, monkeypatch) -> None:
    """As on a machine that is not busy with tests."""
    monkeypatch.setattr("govnotify.broker.ANSWER_SECONDS", 60)
    make_probes_due()
    work_through()
    Probe.objects.update(latency=0.1, failures=0)


def health(status: int, word: str) -> Any:
    answer = Client().get("/health/")
    assert answer.status_code == status
    report = answer.json()
    assert report["status"] == word
    return report["parts"]


def a_run(seconds: float) -> Dispatch:
    now = timezone.now()
    run = Dispatch.objects.create(
        period=Frequency.DAILY, lane=Lane.DIGEST, month=now.date().replace(day=1), since=now, cut_off=now
    )
    Dispatch.objects.update(created_at=now - timedelta(seconds=seconds))
    return run


def a_waiting_batch(seconds: float, lane: Lane = Lane.ROUTINE) -> None:
    Batch.objects.create(
        dispatch=a_run(seconds), kind=RecipientKind.SUBSCRIBER, channel=Channel.EMAIL, lane=lane, agency_id=7,
        first_id=1, last_id=9, size=9,
    )  # fmt: skip


def test_all_is_well_when_the_servers_answer_nothing_waits_and_probes_came_through():
    parts = health(200, "ok")
    assert parts["lane emergency"]["words"].startswith("Nothing waits. Its probes took ")
    assert set(parts) == {"database", "broker", "housekeeping", *(f"lane {lane.label}" for lane in Lane)}
    assert {part["light"] for part in parts.values()} == {"green"}


@pytest.mark.parametrize("lane", Lane)
def test_a_lane_whose_work_waits_beyond_its_level_is_amber_and_then_red(lane, monkeypatch):
    amber, red = SERVICE_LEVELS[lane].waiting
    a_waiting_batch(amber + 1, lane)
    with monkeypatch.context() as slow:  # seconds are between the two, and this test may stand still
        slow.setitem(SERVICE_LEVELS, lane, replace(SERVICE_LEVELS[lane], waiting=(amber, 100 * red)))
        assert f"more than {amber:.0f} s" in health(200, "attention")[f"lane {lane.label}"]["words"]
    Dispatch.objects.update(created_at=timezone.now() - timedelta(seconds=red + 1))
    late = health(503, "alarm")[f"lane {lane.label}"]
    assert f"more than {red:.0f} s" in late["words"]
    assert late["light"] == "red"


def test_work_that_has_only_just_come_is_no_cause_for_alarm():
    a_waiting_batch(seconds=5)
    assert health(200, "ok")["lane routine"]["ok"]


def test_a_large_bulletin_of_an_agency_that_is_being_served_is_not_late():
    a_waiting_batch(seconds=3_000)
    Turn.objects.create(lane=Lane.ROUTINE, channel=Channel.EMAIL, agency_id=7, served_at=timezone.now())
    assert health(200, "ok")["lane routine"]["ok"]


def test_retries_that_are_overdue_make_a_lane_amber_and_never_red():
    run = a_run(seconds=0)
    ensure_month(run.month)
    Delivery.objects.create(
        month=run.month, dispatch_id=run.pk, recipient_kind=RecipientKind.SUBSCRIBER, recipient_id=1,
        channel=Channel.EMAIL, lane=Lane.ROUTINE, topics=[1], status=Delivery.Status.DEFERRED, attempts=1,
        next_attempt_at=timezone.now() - timedelta(hours=5),
    )  # fmt: skip
    assert re.search(r"retry has been due for 180\d\d s", health(200, "attention")["lane routine"]["words"])


@pytest.mark.parametrize("queue", PROBED)
def test_a_probe_that_does_not_come_through_turns_its_lane_red(queue: Queue):
    limit = SERVICE_LEVELS[PROBED[queue]].probe[1]
    Probe.objects.filter(queue=queue).update(due_at=timezone.now() - timedelta(seconds=limit + 1), settled_at=None)
    words = health(503, "alarm")[f"lane {PROBED[queue].label}"]["words"]
    assert f"The probe of queue {queue} has been under way for" in words


def test_a_probe_that_took_too_long_turns_its_lane_amber():
    Probe.objects.filter(queue=Queue.EMERGENCY).update(latency=4.0)
    words = health(200, "attention")["lane emergency"]["words"]
    assert "The last probe of queue emergency took 4 s, more than 2 s." in words


def test_probes_that_are_refused_are_counted_and_what_the_relay_said_is_not_shown():
    Probe.objects.filter(queue=Queue.ROUTINE).update(failures=FAILURES[1], detail="554 mx7.inside.example says no")
    words = health(503, "alarm")["lane routine"]["words"]
    assert "was not accepted, 3 times in a row" in words
    assert "inside" not in words


def test_housekeeping_that_probes_no_more_is_missed():
    Probe.objects.update(due_at=timezone.now() - timedelta(seconds=HOUSEKEEPING[0] + 1))
    assert "do beat and housekeeping run?" in health(200, "attention")["housekeeping"]["words"]
    Probe.objects.update(due_at=timezone.now() - timedelta(seconds=HOUSEKEEPING[1] + 1))
    assert health(503, "alarm")["housekeeping"]["light"] == "red"


def test_a_platform_that_never_probed_says_so():
    Probe.objects.all().delete()
    assert "No probe was ever sent" in health(200, "attention")["housekeeping"]["words"]


def test_a_broker_that_is_away_is_named(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert "emergencies do not" in health(503, "alarm")["broker"]["words"]


def test_people_get_a_page_and_machines_get_json():
    page = Client().get("/health/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "All is well" in page.content.decode()
    assert page.headers["Vary"] == Client().get("/health/", headers={"Accept": "*/*"}).headers["Vary"]
    assert Client().get("/health/", headers={"Accept": "*/*"}).headers["Content-Type"] == "application/json"


def test_the_page_says_what_is_wrong_with_the_status_of_an_alarm():
    a_waiting_batch(seconds=3_000)
    page = Client().get("/health/", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert "more than 600 s" in page.content.decode()


def test_liveness_asks_nothing_of_the_servers(settings, django_assert_num_queries):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with django_assert_num_queries(0):
        assert Client().get("/health/live/").content == b"alive\n"
