"""Is the platform well? For load balancers, the image's health check and the person on duty.

`/health/live/` says that this process answers. `/health/` also asks the servers behind it, and judges each lane by the
service levels of alerts/service_levels.py. HTML for people, JSON for machines; 503 when something is red.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.service_levels import (
    HOUSEKEEPING,
    PROBED,
    SERVICE_LEVELS,
    LaneStanding,
    Light,
    ProbeStanding,
    lane_standings,
    light,
    since_last_probes,
)
from govnotify.broker import broker_answers

STATUS = {Light.GREEN: "ok", Light.AMBER: "attention", Light.RED: "alarm"}


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the report."""

    name: str
    light: Light
    words: str

    @property
    def colour(self) -> str:
        return self.light.name.lower()


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    parts = [*_database_and_lanes(), _broker()]
    worst = max(part.light for part in parts)
    status = 503 if worst is Light.RED else 200
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        # Without the request: sessions and messages are in the database, which may be what is broken.
        page = render_to_string(
            "health.html", {"parts": parts, "status": STATUS[worst], "service_name": settings.SERVICE_NAME}
        )
        answer = HttpResponse(page, status=status)
    else:
        lines = {
            part.name: {"ok": part.light is Light.GREEN, "light": part.colour, "words": part.words} for part in parts
        }
        answer = JsonResponse({"status": STATUS[worst], "parts": lines}, status=status)
    patch_vary_headers(answer, ["Accept"])
    return answer


def _database_and_lanes() -> list[Part]:
    try:
        standings = lane_standings()
    except OperationalError:
        connection.close()
        return [Part("database", Light.RED, _("The database does not answer: nothing can be sent."))]
    return [
        Part("database", Light.GREEN, _("The database answers.")),
        *(Part(f"lane {lane.label}", standing.light, _lane_words(standing)) for lane, standing in standings.items()),
        _housekeeping(since_last_probes(standings)),
    ]


def _lane_words(standing: LaneStanding) -> str:
    return " ".join([_waiting_words(standing), *_retry_words(standing), *_probe_words(standing)])


def _waiting_words(standing: LaneStanding) -> str:
    if standing.waiting is None:
        return _("Nothing waits.")
    values = {"seconds": round(standing.waiting)}
    limit = _overstepped(standing.waiting, SERVICE_LEVELS[standing.lane].waiting)
    if limit is None:
        return _("The oldest work has waited %(seconds)d s.") % values
    return _("The oldest work has waited %(seconds)d s, more than %(limit)d s.") % {**values, "limit": limit}


def _retry_words(standing: LaneStanding) -> Iterator[str]:
    if standing.retries_light and standing.retries is not None:
        yield _("The oldest retry has been due for %(seconds)d s.") % {"seconds": round(standing.retries)}


def _probe_words(standing: LaneStanding) -> Iterator[str]:
    """Of each probe that is late or was not accepted; where all are well, the slowest."""
    bad = [probe for probe in standing.probes if probe.light]
    for probe in bad:
        yield _bad_probe_words(probe)
    latencies = [probe.latency for probe in standing.probes if probe.latency is not None]
    if latencies and not bad:
        yield _("Its probes took %(seconds).1f s at most.") % {"seconds": max(latencies)}


def _bad_probe_words(probe: ProbeStanding) -> str:
    if probe.failures:
        # What the relay said may name its insides, and anybody may read this: it is in the log.
        said = ngettext(
            "The probe of queue %(queue)s was not accepted: see the log.",
            "The probe of queue %(queue)s was not accepted, %(count)d times in a row: see the log.",
            probe.failures,
        )
        return said % {"queue": probe.queue, "count": probe.failures}
    limits = SERVICE_LEVELS[PROBED[probe.queue]].probe
    if probe.waiting is not None:
        return _("The probe of queue %(queue)s has been under way for %(seconds)d s, more than %(limit)d s.") % {
            "queue": probe.queue,
            "seconds": round(probe.waiting),
            "limit": _overstepped(probe.waiting, limits),
        }
    return _("The last probe of queue %(queue)s took %(seconds)d s, more than %(limit)d s.") % {
        "queue": probe.queue,
        "seconds": round(probe.latency or 0.0),
        "limit": _overstepped(probe.latency or 0.0, limits),
    }


def _overstepped(seconds: float, limits: tuple[float, float]) -> float | None:
    """The larger of the limits that the value is beyond; None where it keeps both."""
    return next((limit for limit in reversed(limits) if seconds >= limit), None)


def _housekeeping(age: float | None) -> Part:
    """Without it lost hints are not repeated, retries do not come back, and nobody probes."""
    if age is None:
        return Part("housekeeping", Light.AMBER, _("No probe was ever sent: do beat and housekeeping run?"))
    shown = light(age, HOUSEKEEPING)
    if shown is Light.GREEN:
        by_mail = settings.PROBE_ADDRESS
        how = _("They were sent by mail.") if by_mail else _("Workers took them; PROBE_ADDRESS is not set.")
        words = _("The last probes are %(seconds)d s old.") % {"seconds": round(age)} + f" {how}"
    else:
        words = _("The last probes are %(seconds)d s old: do beat and housekeeping run?") % {"seconds": round(age)}
    return Part("housekeeping", shown, words)


def _broker() -> Part:
    """Without the broker routine work comes late by seconds, emergencies not at all."""
    if not broker_answers():
        return Part(
            "broker", Light.RED, _("The broker does not answer: routine work waits for it, emergencies do not.")
        )
    return Part("broker", Light.GREEN, _("The broker answers."))
