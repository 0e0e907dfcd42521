"""The lanes and their rules: every figure of the schedule stands in this table and nowhere else."""

import random
from dataclasses import dataclass
from datetime import timedelta

from django.db import models

from channels.smtp import Timeouts
from govnotify.lib.queues import Queue


class Lane(models.IntegerChoices):
    EMERGENCY = 1, "emergency"
    TRANSACTIONAL = 2, "transactional"
    ROUTINE = 3, "routine"
    DIGEST = 4, "digest"


class Channel(models.IntegerChoices):
    EMAIL = 1, "e-mail"
    WEBHOOK = 2, "webhook"
    PUSH = 3, "push"


class RecipientKind(models.IntegerChoices):
    SUBSCRIBER = 1, "subscriber"
    ENDPOINT = 2, "endpoint"
    BROWSER = 3, "browser"


CHANNEL_OF = {
    RecipientKind.SUBSCRIBER: Channel.EMAIL,
    RecipientKind.ENDPOINT: Channel.WEBHOOK,
    RecipientKind.BROWSER: Channel.PUSH,
}
KIND_OF = {channel: kind for kind, channel in CHANNEL_OF.items()}


@dataclass(frozen=True, slots=True)
class LaneRules:
    first_slice: int  # recipients: small, so that the first message leaves soon
    slice: int  # recipients expanded at once: no emergency can stop that, and 10,000 take 60 to 220 ms of a processor
    batch: int  # recipients that one worker claims at once
    workers: int  # hints sent with new work; more follow as its batches are cut, for workers of any number of hosts
    retries: dict[Channel, tuple[float, ...]]  # seconds before attempt 2, 3, …; then the last step again
    lifetime: timedelta | None  # of a delivery from its dispatch on; None: until the alert expires
    timeouts: Timeouts  # with the relay


SECOND, MINUTE, HOUR = 1.0, 60.0, 3600.0
JITTER = 0.2  # of a step, either way: retries of one failure must not come back together
LEASE = timedelta(seconds=30)  # renewed with every record; a worker that dies gives its batch back after this
RENEW_SECONDS = LEASE.total_seconds() / 3  # while a server is slow and there is nothing to record
# A database that is away is waited for so long by a sender that knows what was accepted, as nobody else does. No worker
# gets a batch meanwhile, and who takes one over afterwards leaves its sender time to record it (LAST_WORD_SECONDS).
MEMORY_SECONDS = 600.0
WORK_SECONDS = 2.0  # a task works about this long, then asks for the next
UNRECORDED = 200  # messages handed to a server and not yet recorded, per sender: the window of duplicates
RECORD_AT = 100  # outcomes that make a write worth while: half the window, so that sending goes on beside it
LOOK_SECONDS = 1.0  # a sender with nothing to record, which tells it too, asks this often whether it is to go on
OVERTAKING_SECONDS = 5.0  # a correction waits at most this long for those who are still sending what it corrects
RECORD_SECONDS = 0.25  # or after this time, whichever is first
LAST_WORD_SECONDS = 1.0  # given to a sender whose lease ran out, to record what it was sending, before others send it
LAST_WORD_LONGEST = 3.0  # of a batch that is in no hurry and whose sender has not said yet that this was all
HANDS = 100  # hints that wait for workers of one queue, at most
YIELD_SECONDS = 5.0  # routine waits at most this long for the first attempts of an emergency …
YIELD_LONGEST = 60.0  # … and again for one that is being sent, until it is this old
ADMIT_SECONDS = 0.5  # of a limited destination's rate: what one claim takes
# And what may go at once besides, where a destination was free for a while: what a busy worker was late is made up for,
# a quiet night is not.
ADMIT_SLACK = timedelta(seconds=0.5)

# Shared rules: greylisting is normal, so the first routine retry comes within 1 to 5 minutes (RFC 5321 4.5.4.1 allows
# more). Webhooks: the Standard Webhooks schedule for routine; emergencies far denser. Push services: seconds for what
# is down for a moment, then as mail.
ROUTINE_MAIL = (2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR)
ROUTINE_WEBHOOK = (5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
EMERGENCY_MAIL = (2 * SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE)
EMERGENCY_WEBHOOK = (2.0, 5.0, 15.0, 30.0, MINUTE, 2 * MINUTE, 5 * MINUTE)
ROUTINE_PUSH = (15 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR)
EMERGENCY_PUSH = (2 * SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE)
# How long a push service keeps a notification for a browser that is not there (RFC 8030 section 5.2). An emergency's
# is kept until the alert ends.
ROUTINE_PUSH_TTL = timedelta(days=3)

# RFC 5321 section 4.5.3.2 allows a server minutes. A lane that is in a hurry does not wait so long for a relay, and
# less long than its lease, so that nobody else sends the same meanwhile.
HURRIED = Timeouts(connect=5, greeting=15, command=15, data=15, block=15, verdict=25)
PATIENT = Timeouts().scaled(0.25)

RULES: dict[Lane, LaneRules] = {
    Lane.EMERGENCY: LaneRules(
        first_slice=500, slice=5_000, batch=250, workers=2, lifetime=None, timeouts=HURRIED,
        retries={Channel.EMAIL: EMERGENCY_MAIL, Channel.WEBHOOK: EMERGENCY_WEBHOOK, Channel.PUSH: EMERGENCY_PUSH},
    ),
    Lane.TRANSACTIONAL: LaneRules(
        first_slice=0, slice=0, batch=100, workers=1, lifetime=timedelta(hours=1), timeouts=HURRIED,
        retries={Channel.EMAIL: (15 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE)},
    ),
    Lane.ROUTINE: LaneRules(
        first_slice=500, slice=10_000, batch=1_000, workers=3, lifetime=timedelta(hours=24), timeouts=PATIENT,
        retries={Channel.EMAIL: ROUTINE_MAIL, Channel.WEBHOOK: ROUTINE_WEBHOOK, Channel.PUSH: ROUTINE_PUSH},
    ),
    Lane.DIGEST: LaneRules(
        first_slice=2_000, slice=5_000, batch=500, workers=1, lifetime=timedelta(hours=20), timeouts=PATIENT,
        retries={Channel.EMAIL: ROUTINE_MAIL},
    ),
}  # fmt: skip

QUEUE_OF: dict[tuple[Lane, Channel], Queue] = {
    (Lane.EMERGENCY, Channel.EMAIL): Queue.EMERGENCY,
    (Lane.EMERGENCY, Channel.WEBHOOK): Queue.EMERGENCY_WEBHOOK,
    (Lane.EMERGENCY, Channel.PUSH): Queue.EMERGENCY_PUSH,
    (Lane.TRANSACTIONAL, Channel.EMAIL): Queue.TRANSACTIONAL,
    (Lane.ROUTINE, Channel.EMAIL): Queue.ROUTINE,
    (Lane.ROUTINE, Channel.WEBHOOK): Queue.ROUTINE_WEBHOOK,
    (Lane.ROUTINE, Channel.PUSH): Queue.ROUTINE_PUSH,
    (Lane.DIGEST, Channel.EMAIL): Queue.DIGEST,
}


def retry_delay(lane: Lane, channel: Channel, attempts: int, asked: float | None = None) -> timedelta:
    """How long to wait after attempt number `attempts` (1, 2, …) failed for now.

    A wait that the other side asked for (`Retry-After`, seconds) is honoured within one to two times the step.
    """
    steps = RULES[lane].retries[channel]
    step = steps[min(attempts, len(steps)) - 1]
    wanted = min(max(asked, step), 2 * step) if asked is not None else step
    return timedelta(seconds=wanted * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  jitter, no secret
