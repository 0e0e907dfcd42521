"""Is the platform well? For load balancers, the image's health check and the person on duty.

`/health/live/` says that this process answers. `/health/` also asks the servers behind it and looks for lanes whose
work has waited longer than it should; 503 when something needs a person.
"""

from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.lanes import Lane

# How long first attempts may wait before a person should look, in seconds.
LATE = {Lane.EMERGENCY: 10, Lane.TRANSACTIONAL: 60, Lane.ROUTINE: 600, Lane.DIGEST: 3_600}

OLDEST = """
SELECT lane, max(extract(epoch FROM clock_timestamp() - waiting_since)) FROM (
    SELECT b.lane, coalesce(b.leased_until, d.created_at) AS waiting_since
    FROM alerts_batch b JOIN alerts_dispatch d ON d.id = b.dispatch_id AND d.state = 'sending'
    WHERE b.done_at IS NULL AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp())
    UNION ALL
    SELECT s.lane, d.created_at
    FROM alerts_slice s JOIN alerts_dispatch d ON d.id = s.dispatch_id AND d.state = 'sending'
    WHERE s.expanded_at IS NULL
    UNION ALL
    SELECT lane, min(next_attempt_at) FROM alerts_delivery
    WHERE status = 2 AND next_attempt_at < clock_timestamp() GROUP BY lane
    UNION ALL
    SELECT %s, next_attempt_at FROM subscriptions_outboxmessage WHERE next_attempt_at < clock_timestamp()
) AS waiting GROUP BY lane
"""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    well: bool
    words: str


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    parts = [*_database_and_lanes(), _broker()]
    well = all(part.well for part in parts)
    return JsonResponse(
        {
            "status": "ok" if well else "attention",
            "parts": {part.name: {"ok": part.well, "words": part.words} for part in parts},
        },
        status=200 if well else 503,
    )


def _database_and_lanes() -> list[Part]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(OLDEST, [Lane.TRANSACTIONAL.value])
            waiting = dict(cursor.fetchall())
    except OperationalError:
        connection.close()
        return [Part("database", False, "The database does not answer.")]
    return [Part("database", True, "The database answers."), *(_lane(lane, waiting.get(lane.value)) for lane in Lane)]


def _lane(lane: Lane, waited: float | None) -> Part:
    name = f"lane {lane.label}"
    if waited is None:
        return Part(name, True, "Nothing waits.")
    well = waited < LATE[lane]
    words = f"The oldest work has waited {waited:.0f} s" + ("." if well else f", more than {LATE[lane]} s.")
    return Part(name, well, words)


def _broker() -> Part:
    """Without the broker routine work comes late by seconds, emergencies not at all."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
            client.ping()
    except (redis.ConnectionError, redis.TimeoutError):
        return Part("broker", False, "The broker does not answer: routine work waits for it, emergencies do not.")
    return Part("broker", True, "The broker answers.")
