"""Service levels: what each lane promises, in one table, and how it stands to it at this moment.

Everything is read from rows, so every web server on every host gives the same answer.
"""

import enum
from dataclasses import dataclass, field
from typing import Any

from alerts.lanes import CHANNEL_OF, Channel, Lane, RecipientKind
from govnotify.lib.database import query, query_in_index_order
from govnotify.lib.queues import Queue


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Seconds. Beyond the first of each pair somebody should look, beyond the second at once."""

    probe: tuple[float, float]  # from the moment a probe is due to its acceptance
    waiting: tuple[float, float]  # that first attempts wait and nobody of their agency is served meanwhile


MINUTE, HOUR = 60.0, 3600.0

SERVICE_LEVELS: dict[Lane, ServiceLevel] = {
    Lane.EMERGENCY: ServiceLevel(probe=(2.0, 10.0), waiting=(3.0, 10.0)),
    Lane.TRANSACTIONAL: ServiceLevel(probe=(10.0, MINUTE), waiting=(15.0, MINUTE)),
    Lane.ROUTINE: ServiceLevel(probe=(30.0, 10 * MINUTE), waiting=(2 * MINUTE, 10 * MINUTE)),
    Lane.DIGEST: ServiceLevel(probe=(30.0, 10 * MINUTE), waiting=(10 * MINUTE, HOUR)),
}

# Every queue that sends is probed. Housekeeping sends the probes: it is judged by when it last did.
PROBED: dict[Queue, Lane] = {
    Queue.EMERGENCY: Lane.EMERGENCY,
    Queue.EMERGENCY_WEBHOOK: Lane.EMERGENCY,
    Queue.EMERGENCY_PUSH: Lane.EMERGENCY,
    Queue.TRANSACTIONAL: Lane.TRANSACTIONAL,
    Queue.ROUTINE: Lane.ROUTINE,
    Queue.ROUTINE_WEBHOOK: Lane.ROUTINE,
    Queue.WEBHOOK_RETRY: Lane.ROUTINE,
    Queue.ROUTINE_PUSH: Lane.ROUTINE,
    Queue.DIGEST: Lane.DIGEST,
}
BY_MAIL = {Queue.EMERGENCY, Queue.TRANSACTIONAL, Queue.ROUTINE, Queue.DIGEST}
PROBE_EVERY = MINUTE  # nine rows are written a minute, and four mails sent
PROBE_PATIENCE = 10.0  # with a relay: a probe must not keep a worker from real work for longer
FAILURES = (1, 3)  # probes in a row that were not accepted
HOUSEKEEPING = (3 * PROBE_EVERY, 10 * PROBE_EVERY)  # since the last round of probes


class Light(enum.IntEnum):
    GREEN = 0
    AMBER = 1  # somebody should look
    RED = 2  # at once


def light(value: float | None, limits: tuple[float, float]) -> Light:
    """The light for a value that should stay below both limits; GREEN for None."""
    if value is None or value < limits[0]:
        return Light.GREEN
    return Light.AMBER if value < limits[1] else Light.RED


@dataclass(frozen=True, slots=True)
class ProbeStanding:
    """How the last probe of a queue fared. Seconds."""

    queue: Queue
    latency: float | None  # of the last that was accepted
    waiting: float | None  # how long the one under way has been; None: there is none
    age: float  # since the last one was due
    failures: int  # in a row

    @property
    def light(self) -> Light:
        level = SERVICE_LEVELS[PROBED[self.queue]]
        # One under way counts for how long it has taken so far; only when there is none does the last one's latency.
        taken = self.latency if self.waiting is None else self.waiting
        return max(light(self.failures, FAILURES), light(taken, level.probe))


@dataclass(slots=True)
class LaneStanding:
    """How a lane stands to its service level. Seconds; None: nothing waits."""

    lane: Lane
    waiting: float | None = None  # the oldest first attempt that nobody is on
    retries: float | None = None  # the oldest retry, since it was due
    backlog: dict[Channel, int] = field(default_factory=dict)  # first attempts not made, of slices that are known
    probes: list[ProbeStanding] = field(default_factory=list)

    @property
    def light(self) -> Light:
        return max([self.waiting_light, self.retries_light, *(probe.light for probe in self.probes)])

    @property
    def waiting_light(self) -> Light:
        return light(self.waiting, SERVICE_LEVELS[self.lane].waiting)

    @property
    def retries_light(self) -> Light:
        """Never red: retries stand behind first attempts, which may go on for hours."""
        return min(light(self.retries, SERVICE_LEVELS[self.lane].waiting), Light.AMBER)


# In the order of the index that has no others: to be summed up they would be read in that of another, from end to end.
OPEN_BATCHES = """
    SELECT * FROM alerts_batch WHERE lane > 0 AND done_at IS NULL ORDER BY lane, channel, destination, agency_id, id
"""
# An agency whose work waits has waited since it was last served: a large bulletin that is being sent is not late. What
# is open is read off its index, whatever else there was, and summed up before its dispatches are looked up.
WAITING = """
SELECT lane, max(extract(epoch FROM clock_timestamp() - greatest(since, served_at)))::float FROM (
    SELECT lane, channel, agency_id, min(greatest(d.created_at, open.since)) AS since FROM (
        SELECT lane, channel, agency_id, dispatch_id, min(coalesce(leased_until, '-infinity')) AS since
        FROM ({open_batches}) AS batch WHERE leased_until IS NULL OR leased_until < clock_timestamp()
        GROUP BY lane, channel, agency_id, dispatch_id
        UNION ALL
        SELECT lane, (%(channel_of)s::smallint[])[kind], agency_id, dispatch_id, '-infinity'
        FROM alerts_slice WHERE lane > 0 AND expanded_at IS NULL
    ) AS open CROSS JOIN LATERAL (
        SELECT created_at, state FROM alerts_dispatch WHERE id = open.dispatch_id OFFSET 0
    ) AS d WHERE state = 'sending' GROUP BY lane, channel, agency_id
) AS waiting CROSS JOIN LATERAL (
    SELECT max(greatest(t.served_at, t.expanded_at)) AS served_at FROM alerts_turn t
    WHERE t.lane = waiting.lane AND t.channel = waiting.channel AND t.agency_id = waiting.agency_id
) AS turn GROUP BY lane
UNION ALL
SELECT %(transactional)s, extract(epoch FROM clock_timestamp() - next_attempt_at)::float FROM (
    SELECT next_attempt_at FROM subscriptions_outboxmessage
    WHERE next_attempt_at <= statement_timestamp() ORDER BY next_attempt_at LIMIT 1
) AS oldest
"""
# The first that is due of each lane, channel and destination: one look each into the index of what is due.
RETRIES = """
SELECT lanes.id, max(extract(epoch FROM clock_timestamp() - due.next_attempt_at))::float
FROM unnest(%(lanes)s::smallint[]) AS lanes(id) CROSS JOIN unnest(%(channels)s::smallint[]) AS channels(id)
CROSS JOIN (SELECT 0 AS id UNION ALL SELECT id FROM alerts_destination) AS destination
CROSS JOIN LATERAL (
    SELECT d.next_attempt_at FROM alerts_delivery d
    WHERE d.lane = lanes.id AND d.channel = channels.id AND d.destination = destination.id AND d.status = 2
      AND d.next_attempt_at <= statement_timestamp()
      AND (SELECT o.state = 'sending' FROM alerts_dispatch o WHERE o.id = d.dispatch_id)
    ORDER BY d.next_attempt_at LIMIT 1
) AS due GROUP BY lanes.id
"""
BACKLOG = """
SELECT lane, channel, sum(messages)::bigint FROM (
    SELECT lane, channel, dispatch_id, sum(size - sent - failed - deferred - skipped) AS messages
    FROM ({open_batches}) AS batch GROUP BY lane, channel, dispatch_id
) AS open WHERE (SELECT d.state = 'sending' FROM alerts_dispatch d WHERE d.id = open.dispatch_id)
GROUP BY lane, channel
UNION ALL
SELECT %(transactional)s, %(email)s, count(*) FROM subscriptions_outboxmessage
WHERE next_attempt_at < statement_timestamp()
"""
PROBES = """
SELECT queue, latency, CASE WHEN settled_at IS NULL THEN extract(epoch FROM clock_timestamp() - due_at)::float END,
       extract(epoch FROM clock_timestamp() - due_at)::float, failures
FROM alerts_probe
"""


def lane_standings() -> dict[Lane, LaneStanding]:
    """Every lane as it stands now. Raises OperationalError where the database does not answer."""
    found = {lane: LaneStanding(lane) for lane in Lane}
    values: dict[str, Any] = {
        "channel_of": [CHANNEL_OF[kind].value for kind in sorted(RecipientKind)],  # the kinds are 1, 2, 3
        "email": Channel.EMAIL.value,
        "transactional": Lane.TRANSACTIONAL.value,
        "lanes": [lane.value for lane in Lane],
        "channels": [channel.value for channel in Channel],
    }
    for lane, seconds in query_in_index_order(WAITING.format(open_batches=OPEN_BATCHES), values):
        found[Lane(lane)].waiting = seconds
    for lane, seconds in query_in_index_order(RETRIES, values):
        found[Lane(lane)].retries = seconds
    for lane, channel, messages in query_in_index_order(BACKLOG.format(open_batches=OPEN_BATCHES), values):
        found[Lane(lane)].backlog[Channel(channel)] = messages
    for queue, *measured in query(PROBES, {}):
        if queue in PROBED:
            found[PROBED[Queue(queue)]].probes.append(ProbeStanding(Queue(queue), *measured))
    return found


def since_last_probes(standings: dict[Lane, LaneStanding]) -> float | None:
    """Seconds since housekeeping last made any probe due; None when it never has."""
    return min((probe.age for standing in standings.values() for probe in standing.probes), default=None)
