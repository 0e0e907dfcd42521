"""Lanes share nothing: a queue touches its own lane's rows alone, and an emergency waits for nobody else's locks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone
from psycopg import sql

from alerts.engine.digests import start_run
from alerts.engine.probes import make_probes_due
from alerts.lanes import QUEUE_OF, YIELD_SECONDS, Channel, Lane
from alerts.models import Allowance, Destination, DestinationDomain, Dispatch
from alerts.partitions import MONTHS_AHEAD, TABLES, next_month
from alerts.reports import progress
from govnotify.lib.queues import Queue
from subscriptions.models import Frequency, OutboxMessage, SignInLink, Subscriber, Subscription, Topic
from subscriptions.suppressing import suppress
from tests.browsers import listening, row_of
from tests.engine import SENDING, work_through
from tests.integration.faults.scenes import a_bulletin_sent, an_alert_sent
from tests.integration.staff.cast import a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
# What a queue works on besides its own lane and channel's first attempts: the retries of its lane, or of another queue.
LANES_OF = {queue: {key} for key, queue in QUEUE_OF.items()} | {Queue.WEBHOOK_RETRY: {(Lane.ROUTINE, Channel.WEBHOOK)}}
STATE = """
SELECT lane, channel, array_agg(row ORDER BY row) FROM (
    SELECT lane, channel, b::text AS row FROM alerts_batch b
    UNION ALL SELECT lane, kind, s::text FROM alerts_slice s
    UNION ALL SELECT lane, channel, t::text FROM alerts_turn t
    UNION ALL SELECT lane, channel, d::text FROM alerts_delivery d
    UNION ALL SELECT 2, 1, o::text FROM subscriptions_outboxmessage o
) AS rows GROUP BY lane, channel
"""


def state() -> dict[tuple[Lane, Channel], list[str]]:
    """Every row of work, by lane and channel (a slice's kind has the number of its channel)."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return {(Lane(lane), Channel(channel)): rows for lane, channel, rows in cursor.fetchall()}


def an_outbox_message() -> OutboxMessage:
    person = Subscriber.objects.order_by("pk").first()
    assert person is not None
    link = SignInLink.objects.create(subscriber=person)
    return OutboxMessage.objects.create(kind=OutboxMessage.Kind.SIGN_IN, subscriber=person, subject_id=link.pk)


def a_crowd(slug: str, frequency: Frequency = Frequency.IMMEDIATE) -> Topic:
    """Five people and two machines that follow a topic of an agency of its own."""
    topic = a_topic(an_agency(slug, slug.title()), f"{slug}-news")
    listeners([topic], people=5, machines=2)
    Subscription.objects.filter(topic=topic).update(frequency=frequency)
    return topic


def work_everywhere(inbox, push_service) -> None:
    """First attempts that wait, and retries that are due, on every lane and channel."""
    city, water, rescue = a_crowd("city", Frequency.DAILY), a_crowd("water"), a_crowd("rescue")
    listening(push_service, [water, rescue])

    def some_of_everything(cut_off: datetime) -> None:
        a_bulletin_sent(city)
        a_bulletin_sent(water)
        an_alert_sent(rescue)
        an_outbox_message()
        start_run(period=Frequency.DAILY, cut_off=cut_off)

    inbox.verdict = lambda recipient: "451 4.3.0 later"
    some_of_everything(timezone.now() + timedelta(seconds=1))
    work_through()
    with connection.cursor() as cursor:  # no endpoint is called here, so theirs are made to wait
        cursor.execute("UPDATE alerts_delivery SET status = 2, next_attempt_at = now() WHERE channel = 2")
        for table in ("alerts_delivery", "subscriptions_outboxmessage"):
            cursor.execute(f"UPDATE {table} SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")  # noqa: S608
    inbox.verdict = lambda recipient: "250 2.0.0 Ok"
    some_of_everything(timezone.now() + timedelta(seconds=2))
    # Routine would make way for a young emergency: this one is older, so that nobody waits for it here.
    Dispatch.objects.filter(lane=Lane.EMERGENCY).update(
        created_at=timezone.now() - 2 * timedelta(seconds=YIELD_SECONDS)
    )


@pytest.mark.parametrize("queue", SENDING)
def test_a_queue_s_work_touches_no_row_of_another_lane(queue: Queue, inbox, push_service) -> None:
    work_everywhere(inbox, push_service)
    make_probes_due()
    before = state()
    work_through(queue)
    after = state()
    touched = {key for key in before | after if before.get(key) != after.get(key)}
    assert touched == LANES_OF[queue]


@pytest.fixture
def impatient(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever waits for a lock is told so by an error: nothing is measured in time here."""
    monkeypatch.setattr("alerts.engine.window.MEMORY_SECONDS", 1.0)  # else a record would be tried again for 10 minutes
    name = connection.settings_dict["NAME"]
    setting = sql.SQL("ALTER DATABASE {} {} lock_timeout")
    with connection.cursor() as cursor:
        cursor.execute(setting.format(sql.Identifier(name), sql.SQL("SET")) + sql.SQL(" = '3s'"))
    connections.close_all()
    yield
    with connection.cursor() as cursor:
        cursor.execute(setting.format(sql.Identifier(name), sql.SQL("RESET")))
    connections.close_all()


def hold_everything_but_the_emergency(other: "psycopg.Connection[tuple[object, ...]]", refused: Subscriber) -> None:
    """The locks that other lanes and housekeeping take, all at once, and never given back."""
    for table in ("dispatch", "batch", "slice", "turn", "delivery", "allowance"):
        rows = sql.SQL("SELECT 1 FROM {} WHERE lane <> {} FOR UPDATE")
        found = other.execute(rows.format(sql.Identifier(f"alerts_{table}"), Lane.EMERGENCY.value))
        assert found.fetchone(), f"there is nothing to hold in alerts_{table}"
    tallies = "SELECT 1 FROM alerts_retrytally t JOIN alerts_dispatch d ON d.id = t.dispatch_id WHERE d.lane <> %s"
    other.execute(f"{tallies} FOR UPDATE", [Lane.EMERGENCY.value])
    for table in (
        "alerts_probe", "alerts_digestitem", "alerts_destination", "agencies_auditseal",
        "subscriptions_outboxmessage", "subscriptions_subscriber", "subscriptions_subscription",
        "subscriptions_endpoint", "subscriptions_browser", "subscriptions_browsersubscription",
    ):  # fmt: skip
        other.execute(sql.SQL("SELECT 1 FROM {} FOR UPDATE").format(sql.Identifier(table)))
    month = timezone.now().date().replace(day=1)
    for _ in range(MONTHS_AHEAD + 1):
        for table in TABLES:
            other.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{table}_{month:%Y_%m}"])
        month = next_month(month)
    other.execute(
        "INSERT INTO subscriptions_suppression (address_key, reason, code, at) VALUES (%s, 'hard-bounce', '', now())",
        [bytes(refused.address_key)],
    )


def test_an_emergency_goes_out_while_everything_of_the_other_lanes_is_locked(impatient, inbox, push_service) -> None:
    gmail = Destination.objects.create(name="a large receiver")
    DestinationDomain.objects.create(destination=gmail, domain="example.org")
    for lane in (Lane.ROUTINE, Lane.DIGEST):
        Allowance.objects.create(lane=lane, destination=gmail, rate=5.0, free_at=timezone.now())
    work_everywhere(inbox, push_service)
    make_probes_due()
    fire = a_crowd("fire")
    people = set(fire.subscriptions.exclude(subscriber=None).values_list("subscriber__email", flat=True))
    refused = Subscriber.objects.get(email=max(people))
    inbox.refusals[refused.email] = "550 5.1.1 no such person"
    told, gone = listening(push_service, [fire]), listening(push_service, [fire])
    gone.answers = [(410, {})]
    settings = connections["default"].settings_dict
    with psycopg.connect("postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(settings)) as other:
        hold_everything_but_the_emergency(other, refused)
        inbox.mails.clear()
        dispatch = an_alert_sent(fire)
        work_through(Queue.EMERGENCY, Queue.EMERGENCY_WEBHOOK, Queue.EMERGENCY_PUSH)
        assert people - {refused.email} <= set(inbox.recipients())
        assert (len(told.messages), gone.attempts) == (1, 1)
        outcomes = {one.name: (one.sent, one.failed) for one in progress(dispatch).channels}
        assert outcomes == {"e-mail": (4, 1), "webhook": (0, 2), "push": (1, 1)}, "machines stand where we may not call"
        other.rollback()
    assert row_of(gone) is not None, "nobody waited for the row of a browser that somebody held"
    suppress(address_keys=[bytes(refused.address_key)], reason="hard-bounce")  # nothing holds it any more
