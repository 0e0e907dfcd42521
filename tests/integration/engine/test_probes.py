"""Probes go the way of real mail, and leave no trace but their own row."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from agencies.models import AuditEntry
from alerts.engine.probes import make_probes_due, send_probe
from alerts.lanes import Lane
from alerts.models import Delivery, Dispatch, Probe
from alerts.service_levels import BY_MAIL, FAILURES, PROBE_EVERY, PROBED, SERVICE_LEVELS, Light, lane_standings
from alerts.tasks import WORK
from channels.tokens import read_return_path
from govnotify.lib.queues import Queue
from subscriptions.keys import signer
from tests.engine import work_through
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, has_reached

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "probe@bounce.govnotify.example"


@pytest.fixture(autouse=True)
def _address(settings) -> None:
    settings.PROBE_ADDRESS = ADDRESS


def a_minute_later() -> None:
    Probe.objects.update(due_at=timezone.now() - timedelta(seconds=PROBE_EVERY))


def quick() -> None:
    """As on a machine that is not busy with tests."""
    Probe.objects.exclude(latency=None).update(latency=0.1)


def connections_to(port: int) -> set[str]:
    """Local ends of this machine's established connections to the port (proc(5), state 01)."""
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01"}


def test_a_mail_goes_down_every_lane_and_how_long_it_took_is_kept(inbox):
    make_probes_due()
    work_through()
    assert sorted(mail.message["Subject"] for mail in inbox.mails) == sorted(
        f"Probe of queue {queue}" for queue in BY_MAIL
    )
    assert {mail.recipient for mail in inbox.mails} == {ADDRESS}
    for probe in Probe.objects.all():
        assert probe.latency is not None, probe
        assert probe.failures == 0, probe
    assert set(Probe.objects.values_list("queue", flat=True)) == {queue.value for queue in PROBED}


def test_a_probe_s_mail_says_that_a_machine_wrote_it_and_comes_back_under_a_kind_of_its_own(inbox):
    make_probes_due()
    work_through(Queue.ROUTINE)
    [mail] = inbox.mails
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert read_return_path(signer(), mail.sender).kind > 100  # no delivery's, so a bounce of it is nobody's


def test_a_probe_goes_over_the_connections_that_the_lane_s_mail_uses(inbox):
    topic, people = a_crowd("water", 3)
    dispatch = a_bulletin_sent(topic)
    work_through(Queue.ROUTINE)
    assert has_reached(dispatch, people)
    open_before = connections_to(inbox.port)
    assert open_before
    make_probes_due()
    assert send_probe(Queue.ROUTINE)
    assert connections_to(inbox.port) == open_before
    assert len(inbox.mails) == len(people) + 1


def test_a_probe_is_no_dispatch_and_no_act_of_anybody(inbox):
    make_probes_due()
    work_through()
    assert not Dispatch.objects.exists()
    assert not Delivery.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_round_begins_once_a_minute_whoever_asks(inbox):
    for _ in range(3):
        make_probes_due()
        work_through()
    assert len(inbox.mails) == len(BY_MAIL)
    a_minute_later()
    make_probes_due()
    work_through()
    assert len(inbox.mails) == 2 * len(BY_MAIL)


def test_only_the_queue_s_own_worker_sends_its_probe(inbox):
    make_probes_due()
    for queue in Queue:
        for piece in WORK[queue] if queue not in {Queue.HOUSEKEEPING, Queue.DIGEST} else ():
            piece()
    assert Queue.DIGEST.value in Probe.objects.filter(settled_at=None).values_list("queue", flat=True)
    assert "Probe of queue digest" not in [mail.message["Subject"] for mail in inbox.mails]


def test_a_probe_that_is_late_shows_how_long_it_has_waited_so_far(monkeypatch):
    level = SERVICE_LEVELS[Lane.EMERGENCY]
    monkeypatch.setitem(SERVICE_LEVELS, Lane.EMERGENCY, replace(level, probe=(level.probe[0], 1_000.0)))
    make_probes_due()
    Probe.objects.filter(queue=Queue.EMERGENCY).update(due_at=timezone.now() - timedelta(seconds=5))
    emergency = lane_standings()[Lane.EMERGENCY]
    [late] = [probe for probe in emergency.probes if probe.queue == Queue.EMERGENCY]
    assert late.waiting is not None
    assert late.waiting >= 5
    assert emergency.light is Light.AMBER


def test_a_relay_that_refuses_the_probe_makes_the_lane_amber_then_red_and_keeps_the_address_out(inbox):
    inbox.refusals[ADDRESS] = f"550 5.1.1 <{ADDRESS}> unknown"
    routine = [queue for queue, lane in PROBED.items() if lane is Lane.ROUTINE]
    for count in range(1, FAILURES[1] + 1):
        a_minute_later()
        make_probes_due()
        work_through(*routine)
        quick()
        assert lane_standings()[Lane.ROUTINE].light is (Light.AMBER if count < FAILURES[1] else Light.RED)
    assert "<the address> unknown" in Probe.objects.get(queue=Queue.ROUTINE).detail
    inbox.refusals.clear()
    a_minute_later()
    make_probes_due()
    work_through(*routine)
    quick()
    assert lane_standings()[Lane.ROUTINE].light is Light.GREEN


def test_a_relay_that_is_away_fails_the_probe_and_not_the_worker(inbox):
    inbox.close()
    make_probes_due()
    assert send_probe(Queue.EMERGENCY)
    assert Probe.objects.get(queue=Queue.EMERGENCY).failures == 1
    assert not send_probe(Queue.EMERGENCY)


def test_without_an_address_of_ours_the_probe_ends_with_the_worker_that_takes_it(settings, inbox):
    settings.PROBE_ADDRESS = ""
    make_probes_due()
    work_through()
    assert not inbox.mails
    assert not Probe.objects.filter(latency=None).exists()


def test_a_probe_whose_worker_died_is_taken_by_another_when_its_lease_ends(inbox):
    make_probes_due()
    Probe.objects.update(leased_until=timezone.now() + timedelta(seconds=20))
    assert not send_probe(Queue.ROUTINE)
    Probe.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert send_probe(Queue.ROUTINE)


def test_a_bulletin_under_way_does_not_keep_a_probe_waiting_to_its_end(inbox):
    topic, people = a_crowd("water", 600)
    a_bulletin_sent(topic)
    make_probes_due()
    work_through(Queue.ROUTINE)
    recipients = [mail.recipient for mail in inbox.mails]
    assert recipients.index(ADDRESS) < len(people)
    assert len(recipients) == len(people) + 1


def test_nobody_waits_for_a_probe_s_row_that_somebody_holds(inbox):
    make_probes_due()
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(connections["default"].settings_dict)
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM alerts_probe FOR UPDATE")
        assert not send_probe(Queue.EMERGENCY)
        other.rollback()
    assert send_probe(Queue.EMERGENCY)
