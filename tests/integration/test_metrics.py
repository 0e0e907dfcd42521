"""Metrics are for the operator's own programs, and come from rows."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from alerts.engine.probes import make_probes_due
from alerts.lanes import Lane
from alerts.service_levels import PROBED
from govnotify.lib.queues import Queue
from subscriptions.models import OutboxMessage, Subscriber
from tests.engine import work_through

pytestmark = pytest.mark.django_db
TOKEN = "a long token of the operator's"
HERE = {"Host": "127.0.0.1:8000"}


def metrics(**headers: str) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels, which stand in the order of their names."""
    answer = Client().get("/metrics/", headers={**HERE, **headers})
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_each_lane_has_its_backlog_its_oldest_work_its_probes_and_its_light():
    make_probes_due()
    work_through()
    person = Subscriber.objects.create(email="a@example.org", address_key=b"k" * 32)
    OutboxMessage.objects.create(kind=OutboxMessage.Kind.SIGN_IN, subscriber=person)
    found = metrics()
    for lane in Lane:
        assert ("govnotify_lane_light", lane.label) in found
        assert ("govnotify_lane_oldest_seconds", lane.label) in found
    for queue, lane in PROBED.items():
        assert found["govnotify_probe_latency_seconds", lane.label, queue.value] >= 0
        assert found["govnotify_probe_failures", lane.label, queue.value] == 0
    assert found["govnotify_lane_backlog_messages", "e-mail", "transactional"] == 1
    assert found["govnotify_database_up",] == 1


def test_a_probe_under_way_shows_how_long_it_has_been():
    make_probes_due()
    found = metrics()
    assert found["govnotify_probe_waiting_seconds", "emergency", Queue.EMERGENCY.value] > 0
    assert ("govnotify_probe_latency_seconds", "emergency", Queue.EMERGENCY.value) not in found


def test_who_asks_from_elsewhere_needs_the_token(settings):
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert elsewhere.get("/metrics/").status_code == 403
    assert elsewhere.get("/metrics/", headers={"Authorization": "Bearer "}).status_code == 403
    settings.METRICS_TOKEN = TOKEN
    assert elsewhere.get("/metrics/", headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert elsewhere.get("/metrics/", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"Host": "testserver"}],
)
def test_who_comes_through_a_proxy_on_this_machine_is_not_on_this_machine(headers):
    assert Client().get("/metrics/", headers={**HERE, **headers}).status_code == 403
