"""Metrics for Prometheus: how each lane stands, read from rows, so that any web server of any host answers for all.

Only for this machine, or for who shows METRICS_TOKEN: how much waits where is nobody else's business.
"""

import secrets
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from alerts.service_levels import LaneStanding, lane_standings, since_last_probes
from govnotify.safety import LOOPBACK


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        raise PermissionDenied
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Lanes())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_read(request: HttpRequest) -> bool:
    """Who has the token; and who asks on this machine itself, not through a proxy on it."""
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and kind.lower() == "bearer":
        return secrets.compare_digest(shown.strip().encode(), settings.METRICS_TOKEN.encode())
    forwarded = {"X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"} & set(request.headers)
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return request.META.get("REMOTE_ADDR") in LOOPBACK and host in LOOPBACK and not forwarded


class _Lanes(Collector):
    def collect(self) -> Iterable[Metric]:
        try:
            standings = lane_standings()
        except OperationalError:
            connection.close()
            yield GaugeMetricFamily("govnotify_database_up", "Whether the database answers.", value=0)
            return
        yield GaugeMetricFamily("govnotify_database_up", "Whether the database answers.", value=1)
        age = since_last_probes(standings)
        if age is not None:
            yield GaugeMetricFamily(
                "govnotify_probes_age_seconds", "Since housekeeping last made probes due.", value=age
            )
        lanes = list(standings.values())
        yield from _of_lanes(lanes)
        yield from _of_probes(lanes)


def _of_lanes(lanes: list[LaneStanding]) -> Iterator[Metric]:
    lights = GaugeMetricFamily("govnotify_lane_light", "0 green, 1 amber, 2 red, as on /health/.", labels=["lane"])
    waiting = GaugeMetricFamily(
        "govnotify_lane_oldest_seconds", "How long the oldest first attempt has waited.", labels=["lane"]
    )
    retries = GaugeMetricFamily(
        "govnotify_lane_oldest_retry_seconds", "How long the oldest retry has been due.", labels=["lane"]
    )
    backlog = GaugeMetricFamily(
        "govnotify_lane_backlog_messages",
        "First attempts not made yet, of the audience that has been read so far.",
        labels=["lane", "channel"],
    )
    for lane in lanes:
        name = lane.lane.label
        lights.add_metric([name], lane.light)
        waiting.add_metric([name], lane.waiting or 0.0)
        retries.add_metric([name], lane.retries or 0.0)
        for channel, messages in lane.backlog.items():
            backlog.add_metric([name, channel.label], messages)
    yield from (lights, waiting, retries, backlog)


def _of_probes(lanes: list[LaneStanding]) -> Iterator[Metric]:
    labels = ["lane", "queue"]
    latency = GaugeMetricFamily(
        "govnotify_probe_latency_seconds", "Of the last accepted probe, from due to accepted.", labels=labels
    )
    waiting = GaugeMetricFamily(
        "govnotify_probe_waiting_seconds", "How long the probe under way has been; 0: there is none.", labels=labels
    )
    failures = GaugeMetricFamily("govnotify_probe_failures", "Probes in a row that were not accepted.", labels=labels)
    for lane in lanes:
        for probe in lane.probes:
            of = [lane.lane.label, probe.queue.value]
            if probe.latency is not None:
                latency.add_metric(of, probe.latency)
            waiting.add_metric(of, probe.waiting or 0.0)
            failures.add_metric(of, probe.failures)
    yield from (latency, waiting, failures)
