"""Quiet hours hold back routine mail until they end: once, whole, and nothing else."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F
from django.utils import timezone

from agencies.models import Role
from alerts.acts.content import VariantText
from alerts.acts.correcting import create_correction
from alerts.acts.publishing import publish_bulletin
from alerts.acts.stopping import cancel_dispatch
from alerts.engine.digests import start_run
from alerts.engine.lifetime import end_of
from alerts.engine.recovery import keep_house
from alerts.models import Bulletin, Delivery, Dispatch
from alerts.reports import progress
from govnotify.lib.database import query
from govnotify.lib.local_time import end_of_quiet
from subscriptions.models import Frequency, Subscriber, Subscription, Topic
from subscriptions.pausing import pause
from subscriptions.reading_times import Quiet, set_times
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.faults.scenes import a_bulletin_sent, an_alert_sent, somebody
from tests.integration.staff.cast import a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
ASLEEP, AWAKE = "citizen0@example.org", "citizen1@example.org"


def quiet_now(zone: str = "Asia/Kathmandu") -> Quiet:
    """Eight hours that began half an hour ago, by the clocks of the zone."""
    local = timezone.now().astimezone(ZoneInfo(zone))
    at = [
        (local + shift).time().replace(second=0, microsecond=0)
        for shift in (-timedelta(minutes=30), timedelta(hours=7))
    ]
    return Quiet(*at)


@pytest.fixture
def topic() -> Topic:
    """With two who follow it, of whom the first has quiet hours now."""
    topic = a_topic(an_agency())
    listeners([topic], people=2)
    asleep = Subscriber.objects.with_address(ASLEEP).get()
    set_times(subscriber_id=asleep.pk, zone="Asia/Kathmandu", hour=7, weekday=0, quiet=quiet_now())
    return topic


def the_morning_comes() -> None:
    """Quiet hours end, and what waited for that is due."""
    Subscriber.objects.exclude(quiet_from=None).update(quiet_from=F("quiet_until"), quiet_until=F("quiet_from"))
    query("UPDATE alerts_delivery SET next_attempt_at = now() - interval '1 s' WHERE next_attempt_at IS NOT NULL", {})


def held(dispatch: Dispatch) -> Delivery:
    asleep = Subscriber.objects.with_address(ASLEEP).get()
    return Delivery.objects.get(dispatch_id=dispatch.pk, recipient_kind=1, recipient_id=asleep.pk)


def test_routine_mail_waits_for_the_morning_and_then_comes_once(topic: Topic, inbox: Inbox) -> None:
    dispatch = a_bulletin_sent(topic)
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 1}
    waiting = held(dispatch)
    assert (waiting.status, waiting.detail, waiting.attempts, waiting.doubts) == (
        Delivery.Status.DEFERRED,
        "quiet",
        0,
        0,
    )
    now = progress(dispatch)
    assert (now.held, now.deferred, now.sent, now.state) == (1, 1, 1, "sending")
    assert now.held_until == waiting.next_attempt_at
    assert timedelta(hours=6) < now.held_until - timezone.now() < timedelta(hours=7)  # type: ignore[operator]

    the_morning_comes()
    work_through()
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 1, ASLEEP: 1}
    assert (held(dispatch).status, held(dispatch).attempts) == (Delivery.Status.SENT, 1)
    now = progress(dispatch)
    assert (now.held, now.sent, now.state) == (0, 2, "done")


def test_emergencies_and_digests_come_at_any_hour(topic: Topic, inbox: Inbox) -> None:
    an_alert_sent(topic)
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 1, ASLEEP: 1}
    inbox.mails.clear()
    Subscription.objects.update(frequency=Frequency.DAILY, started_at=timezone.now() - timedelta(days=9))
    asleep = Subscriber.objects.with_address(ASLEEP).get()
    asleep.reading_times.all().delete()
    a_bulletin_sent(topic)
    assert start_run(period=Frequency.DAILY, cut_off=timezone.now())
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 1, ASLEEP: 1}


def test_a_retry_that_becomes_due_in_quiet_hours_waits_too(topic: Topic, inbox: Inbox) -> None:
    inbox.refusals[AWAKE] = "451 4.2.1 later"
    dispatch = a_bulletin_sent(topic)
    work_through()
    awake = Subscriber.objects.with_address(AWAKE).get()
    set_times(subscriber_id=awake.pk, zone="Asia/Kathmandu", hour=7, weekday=0, quiet=quiet_now())
    inbox.refusals.clear()
    query("UPDATE alerts_delivery SET next_attempt_at = now() - interval '1 s' WHERE next_attempt_at IS NOT NULL", {})
    work_through()
    assert inbox.mails == []
    row = Delivery.objects.get(dispatch_id=dispatch.pk, recipient_id=awake.pk, recipient_kind=1)
    assert (row.detail, row.attempts) == ("quiet", 1)
    assert progress(dispatch).held == 2
    the_morning_comes()
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 1, ASLEEP: 1}
    assert progress(dispatch).state == "done"


def test_what_waits_is_dropped_with_the_dispatch(topic: Topic, inbox: Inbox) -> None:
    dispatch = a_bulletin_sent(topic)
    work_through()
    cancel_dispatch(dispatch=dispatch, by=somebody(topic.agency, Role.PUBLISHER))
    while keep_house():
        pass
    the_morning_comes()
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 1}
    assert held(dispatch).status == Delivery.Status.CANCELLED
    assert progress(dispatch).finished


def test_a_correction_of_the_night_reaches_who_slept_in_the_place_of_the_first(topic: Topic, inbox: Inbox) -> None:
    first = a_bulletin_sent(topic)
    work_through()
    assert first.bulletin is not None
    publisher = somebody(topic.agency, Role.PUBLISHER)
    texts = [VariantText(language="en", title="Put right", body="It is on Tuesday.")]
    correction = create_correction(first=first.bulletin, variants=texts, author=publisher)
    dispatch = publish_bulletin(bulletin=correction, publisher=publisher)
    while keep_house():
        pass
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 2}
    the_morning_comes()
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 2, ASLEEP: 1}
    assert held(dispatch).status == Delivery.Status.SENT


def test_its_lifetime_begins_with_the_end_of_the_quiet_hours(topic: Topic, inbox: Inbox) -> None:
    """The platform was away from the evening until a day later: what waited is still sent."""
    dispatch = a_bulletin_sent(topic)
    work_through()
    the_morning_comes()
    Dispatch.objects.filter(pk=dispatch.pk).update(held_until=timezone.now() - timedelta(hours=20))
    query("UPDATE alerts_dispatch SET cut_off = cut_off - interval '30 hours'", {})
    end_of.cache_clear()
    work_through()
    end_of.cache_clear()
    assert dict(inbox.recipients()) == {AWAKE: 1, ASLEEP: 1}


def test_a_mailbox_that_is_always_full_is_given_up_as_by_day(topic: Topic, inbox: Inbox) -> None:
    """Each night would begin its lifetime anew."""
    Subscriber.objects.update(quiet_from=None, quiet_until=None)
    inbox.refusals[AWAKE] = "452 4.2.2 full"
    dispatch = a_bulletin_sent(topic)
    work_through()
    awake = Subscriber.objects.with_address(AWAKE).get()
    set_times(subscriber_id=awake.pk, zone="Asia/Kathmandu", hour=7, weekday=0, quiet=quiet_now())
    query("UPDATE alerts_dispatch SET cut_off = cut_off - interval '20 hours'", {})
    query("UPDATE alerts_delivery SET next_attempt_at = now() - interval '1 s' WHERE next_attempt_at IS NOT NULL", {})
    end_of.cache_clear()
    work_through()
    end_of.cache_clear()
    row = Delivery.objects.get(dispatch_id=dispatch.pk, recipient_id=awake.pk, recipient_kind=1)
    assert (row.status, row.detail) == (Delivery.Status.FAILED, "its time was over before quiet hours ended")
    assert (progress(dispatch).state, progress(dispatch).held_until) == ("done", None)


def test_an_urgent_bulletin_respects_quiet_hours(topic: Topic, inbox: Inbox) -> None:
    Subscription.objects.filter(subscriber__email=AWAKE).update(frequency=Frequency.DAILY)
    draft = a_bulletin_draft(topic)
    publish_bulletin(bulletin=draft, publisher=somebody(topic.agency, Role.PUBLISHER))
    work_through()
    assert dict(inbox.recipients()) == {AWAKE: 1}


def a_bulletin_draft(topic: Topic) -> Bulletin:
    from tests.integration.staff.cast import a_draft  # noqa: PLC0415

    draft = a_draft(topic)
    Bulletin.objects.filter(pk=draft.pk).update(urgent=True)
    return draft


def test_a_break_ends_with_the_night_of_where_somebody_is(topic: Topic, inbox: Inbox) -> None:
    """In Apia it is a day ahead of Pago Pago at most hours of UTC: a break until that day ends earlier there."""
    zones = {ASLEEP: "Pacific/Kiritimati", AWAKE: "Pacific/Pago_Pago"}  # 25 hours apart
    for email, zone in zones.items():
        person = Subscriber.objects.with_address(email).get()
        set_times(subscriber_id=person.pk, zone=zone, hour=7, weekday=0, quiet=None)
    east = timezone.now().astimezone(ZoneInfo(zones[ASLEEP])).date()
    Subscriber.objects.update(paused_until=east)
    dispatch = a_bulletin_sent(topic)
    work_through()
    assert dict(inbox.recipients()) == {ASLEEP: 1}
    assert Delivery.objects.get(dispatch_id=dispatch.pk, status=Delivery.Status.SKIPPED).detail == "paused"
    with pytest.raises(ValueError, match="future"):
        pause(subscriber_id=Subscriber.objects.with_address(ASLEEP).get().pk, until=east)
    assert pause(subscriber_id=Subscriber.objects.with_address(AWAKE).get().pk, until=east)


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        ((time(22), time(7)), "2026-07-01 21:59", None),
        ((time(22), time(7)), "2026-07-01 22:00", "2026-07-02 07:00"),
        ((time(22), time(7)), "2026-07-02 06:59", "2026-07-02 07:00"),
        ((time(22), time(7)), "2026-07-02 07:00", None),
        ((time(13), time(15)), "2026-07-01 14:00", "2026-07-01 15:00"),
        ((time(13), time(15)), "2026-07-01 12:59", None),
        (
            (time(22), time(7)),
            "2026-03-28 23:00",
            "2026-03-29 07:00",
        ),  # eight hours on this night, as clocks go forward
    ],
)
def test_when_quiet_hours_end(hours: tuple[time, time], now: str, expected: str | None) -> None:
    paris = ZoneInfo("Europe/Paris")
    end = end_of_quiet(paris, *hours, datetime.fromisoformat(now).replace(tzinfo=paris).astimezone(UTC))
    assert (end and f"{end.astimezone(paris):%Y-%m-%d %H:%M}") == expected


def test_quiet_hours_whose_end_comes_twice_end_the_first_time() -> None:
    paris = ZoneInfo("Europe/Paris")
    again = datetime(2026, 10, 25, 2, 10, tzinfo=paris, fold=1)
    assert end_of_quiet(paris, time(22), time(2, 30), again) is None
