"""Bulletins and alerts on their way to browsers: the same slices, batches, records and retries as every channel."""

import csv
import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from agencies.models import Role
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.content import VariantText
from alerts.acts.correcting import count_corrected, create_correction
from alerts.acts.drafting import create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.acts.stopping import cancel_dispatch, pause_dispatch, resume_dispatch
from alerts.engine.counting import count_audience
from alerts.engine.fanout import expand_next
from alerts.engine.recovery import keep_house, lane_work
from alerts.lanes import ROUTINE_PUSH_TTL, RULES, Channel, Lane, RecipientKind
from alerts.models import Bulletin, Delivery, Dispatch, Slice
from alerts.recipients import csv_lines
from alerts.reports import progress
from alerts.service_levels import lane_standings
from govnotify.lib.queues import Queue
from subscriptions.forgetting_browsers import stop_telling
from subscriptions.models import Browser, BrowserConsent, Topic
from tests.browsers import listening, row_of
from tests.engine import unhurried, work_through
from tests.integration.faults.platform import make_due
from tests.integration.faults.scenes import a_bulletin_sent, an_alert_sent, somebody
from tests.integration.staff.cast import a_topic, an_agency, an_alert, listeners
from tests.push_service import STALL, PushService

pytestmark = pytest.mark.django_db(transaction=True)
PUSH = (Queue.EMERGENCY_PUSH, Queue.ROUTINE_PUSH)
OTHERS = (Queue.EMERGENCY, Queue.EMERGENCY_WEBHOOK, Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)  # with nobody to tell


@pytest.fixture
def topic() -> Topic:
    return a_topic(an_agency(), "floods")


def bulletin_of(dispatch: Dispatch) -> Bulletin:
    assert dispatch.bulletin is not None
    return dispatch.bulletin


def corrected(dispatch: Dispatch) -> Dispatch:
    first = bulletin_of(dispatch)
    publisher = somebody(first.agency, Role.PUBLISHER)
    right = VariantText("en", "River rising: Friday", "It is Friday.")
    correction = create_correction(first=first, variants=[right], author=publisher)
    return publish_bulletin(bulletin=correction, publisher=publisher)


def follow_up(dispatch: Dispatch, kind: str) -> Dispatch:
    first = bulletin_of(dispatch)
    triple = [first.alert.sender, first.alert.identifier, first.alert.sent.isoformat()]
    agency, topic = first.agency, first.ordered_topics()[0]
    later = an_alert(topic, somebody(agency, Role.OPERATOR), msg_type=kind, references=[triple])
    return approve_alert(alert=later, approver=somebody(agency, Role.APPROVER), seen_hash=content_hash(later))


def of_browsers(dispatch: Dispatch) -> dict[str, int]:
    return {one.name: one.sent for one in progress(dispatch).channels}


def test_a_bulletin_reaches_the_browsers_that_follow_its_topic_and_no_other(topic, push_service: PushService):
    other = a_topic(topic.agency, "droughts")
    mine = [listening(push_service, [topic]) for _ in range(3)]
    theirs, all_alerts = listening(push_service, [other]), listening(push_service, every_emergency=True)

    dispatch = a_bulletin_sent(topic)
    work_through(*PUSH)

    assert [browser.titles for browser in mine] == [["River rising"]] * 3
    assert (theirs.messages, all_alerts.messages) == ([], [])
    [message] = mine[0].messages
    bulletin = bulletin_of(dispatch)
    assert message.payload["url"].endswith(f"/bulletins/{bulletin.pk}/?lang=en")
    said = [message.payload[name] for name in ("body", "lang", "dir")]
    assert said == ["The Brook rises.", "en", "ltr"]
    assert not message.payload["urgent"]
    assert (message.headers["urgency"], message.headers["topic"]) == ("normal", f"d{dispatch.pk}")
    assert int(message.headers["ttl"]) == ROUTINE_PUSH_TTL.total_seconds()
    assert of_browsers(dispatch) == {"push": 3}


def test_mail_machines_and_browsers_of_one_bulletin_are_done_apart(topic, inbox, push_service):
    listeners([topic], people=2)
    browser = listening(push_service, [topic])
    dispatch = a_bulletin_sent(topic)

    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    assert (len(inbox.mails), browser.messages, progress(dispatch).state) == (2, [], "sending")

    work_through(Queue.ROUTINE_PUSH)
    assert (len(inbox.mails), len(browser.messages), progress(dispatch).state) == (2, 1, "done")
    assert of_browsers(dispatch) == {"e-mail": 2, "push": 1}


def test_where_no_browser_wants_it_a_dispatch_knows_nothing_of_browsers(topic, inbox, push_service):
    listening(push_service, [a_topic(topic.agency, "droughts")])
    listeners([topic], people=1)

    dispatch = a_bulletin_sent(topic)

    kinds = set(Slice.objects.filter(dispatch=dispatch).values_list("kind", flat=True))
    assert kinds == {RecipientKind.SUBSCRIBER.value, RecipientKind.ENDPOINT.value}
    assert not lane_work()[Lane.ROUTINE, Channel.PUSH].slices


def test_the_text_is_in_the_browsers_language_and_says_which_way_it_is_written(topic, push_service):
    arabic, french = listening(push_service, [topic], language="ar"), listening(push_service, [topic], language="fr")
    texts = [VariantText("en", "River rising", "It rises."), VariantText("ar", "النهر يرتفع", "ابتعدوا.")]
    bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=texts, author=None)

    publish_bulletin(bulletin=bulletin, publisher=somebody(topic.agency, Role.PUBLISHER))
    work_through(*PUSH)

    said = [browser.messages[0].payload for browser in (arabic, french)]
    assert [(one["title"], one["lang"], one["dir"]) for one in said] == [
        ("النهر يرتفع", "ar", "rtl"),
        ("River rising", "en", "ltr"),
    ]


def test_an_alert_reaches_its_topic_and_every_browser_that_wants_every_emergency_once(topic, push_service):
    on_topic, on_all = listening(push_service, [topic]), listening(push_service, every_emergency=True)
    on_both = listening(push_service, [topic], every_emergency=True)
    assert count_audience([topic]).browsers == 2
    assert count_audience([topic], every_emergency=True).browsers == 3

    dispatch = an_alert_sent(topic)
    work_through(Queue.EMERGENCY_PUSH)

    for browser in (on_topic, on_all, on_both):
        [message] = browser.messages
        assert message.payload["title"] == "EMERGENCY ALERT: Flash flood, Lower town"
        assert (message.payload["body"], message.payload["urgent"]) == ("Go upstairs.", True)
        assert message.headers["urgency"] == "high"
        assert 0 < int(message.headers["ttl"]) <= 6 * 3_600
    assert of_browsers(dispatch) == {"push": 3}


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_an_exercise_is_for_those_on_its_topic_alone(topic, push_service, status):
    on_topic, on_all = listening(push_service, [topic]), listening(push_service, every_emergency=True)
    alert = an_alert(topic, somebody(topic.agency, Role.OPERATOR), status=status)
    approve_alert(alert=alert, approver=somebody(topic.agency, Role.APPROVER), seen_hash=content_hash(alert))

    work_through(Queue.EMERGENCY_PUSH)

    assert on_topic.titles == ["EXERCISE – EMERGENCY ALERT: Flash flood, Lower town"]
    assert on_all.messages == []


def test_an_alert_on_an_internal_topic_alone_is_not_for_everybody(push_service):
    internal = a_topic(an_agency(), "staff-only", is_public=False)
    on_all = listening(push_service, every_emergency=True)

    an_alert_sent(internal)
    work_through(Queue.EMERGENCY_PUSH)

    assert on_all.messages == []


def test_a_correction_replaces_the_first_and_goes_to_those_who_got_it(topic, push_service):
    told, gone = listening(push_service, [topic]), listening(push_service, [topic])
    dispatch = a_bulletin_sent(topic)
    work_through(*PUSH)
    late = listening(push_service, [topic])
    browser = row_of(gone)
    assert browser is not None
    stop_telling(browser=browser)
    assert count_corrected(bulletin_of(dispatch)).browsers == 2

    correction = corrected(dispatch)
    work_through(*PUSH)

    assert told.titles == ["River rising", "Correction: River rising: Friday"]
    assert len({message.payload["tag"] for message in told.messages}) == 1
    assert len({message.headers["topic"] for message in told.messages}) == 1
    assert gone.titles == ["River rising"]
    assert late.messages == []
    again = corrected(correction)
    work_through(*PUSH, *OTHERS)
    assert told.messages[-1].payload["tag"] == f"d{dispatch.pk}"
    assert progress(again).state == "done"


def test_an_update_goes_to_everybody_and_a_cancel_to_those_who_were_told(topic, push_service):
    told = listening(push_service, every_emergency=True)
    dispatch = an_alert_sent(topic)
    work_through(Queue.EMERGENCY_PUSH)
    late = listening(push_service, every_emergency=True)

    update = follow_up(dispatch, "Update")
    work_through(Queue.EMERGENCY_PUSH)
    later = listening(push_service, [topic])
    follow_up(update, "Cancel")
    work_through(Queue.EMERGENCY_PUSH)

    assert [title.partition(":")[0] for title in told.titles] == ["EMERGENCY ALERT", "EMERGENCY UPDATE", "CANCELLED"]
    assert [title.partition(":")[0] for title in late.titles] == ["EMERGENCY UPDATE", "CANCELLED"]
    assert later.messages == []
    assert {message.payload["tag"] for message in told.messages} == {f"d{dispatch.pk}"}
    assert not told.messages[-1].payload["urgent"]


def test_a_browser_that_is_gone_is_forgotten_with_its_first_answer(topic, push_service):
    gone, there = listening(push_service, [topic]), listening(push_service, [topic])
    number = row_of(gone)
    assert number is not None
    gone.answers = [(410, {})]

    first = a_bulletin_sent(topic)
    work_through(*PUSH)
    second = a_bulletin_sent(topic)
    work_through(*PUSH, *OTHERS)

    assert row_of(gone) is None
    assert BrowserConsent.objects.filter(browser_id=number.pk, act="withdrawn", way="gone").count() == 1
    assert (gone.attempts, len(there.messages)) == (1, 2)
    assert (progress(first).failed, progress(first).sent, progress(first).state) == (1, 1, "done")
    assert progress(second).recipients == 1


@pytest.mark.parametrize(
    "fault", [(429, {"retry-after": "3"}), (500, {}), (413, {}), (403, {}), "drop", "garbage"], ids=str
)
def test_what_fails_for_now_is_tried_again_and_nobody_gets_it_twice(topic, push_service, fault, caplog, monkeypatch):
    unhurried(monkeypatch, Lane.EMERGENCY)
    failing, well = listening(push_service, [topic]), listening(push_service, [topic])
    failing.answers = [fault]

    with caplog.at_level(logging.CRITICAL if isinstance(fault, str) else logging.ERROR):
        dispatch = an_alert_sent(topic)
        work_through(Queue.EMERGENCY_PUSH)
        assert (failing.messages, len(well.messages), progress(dispatch).deferred) == ([], 1, 1)
        due = Delivery.objects.get(dispatch_id=dispatch.pk, status=Delivery.Status.DEFERRED).next_attempt_at
        assert due is not None
        assert due - timezone.now() < timedelta(seconds=2 * RULES[Lane.EMERGENCY].retries[Channel.PUSH][0])
        make_due()
        work_through(*PUSH, *OTHERS)

    assert (len(failing.messages), len(well.messages)) == (1, 1)
    assert (progress(dispatch).sent, progress(dispatch).state) == (2, "done")
    called = [record for record in caplog.records if "the fault is ours" in record.getMessage()]
    assert bool(called) is (fault == (403, {}))
    assert row_of(failing) is not None


def test_a_service_that_stalls_keeps_nobody_else_waiting_for_ever(topic, push_service, monkeypatch):
    from alerts.engine.runtime import runtime  # noqa: PLC0415  of this test's process

    stalled = [listening(push_service, [topic]) for _ in range(2)]
    well = listening(push_service, [topic])
    for browser in stalled:
        browser.answers = [STALL] * 100
    monkeypatch.setattr(runtime().pushes, "_total_timeout", 0.3)

    dispatch = a_bulletin_sent(topic)
    work_through(*PUSH)
    while not progress(dispatch).sent:  # on a machine so busy that this one took too long as well
        runtime().pushes._total_timeout *= 2
        make_due()
        work_through(*PUSH)

    assert "River rising" in well.titles
    assert (progress(dispatch).sent, progress(dispatch).deferred) == (1, 2)
    rows = csv.DictReader(csv_lines(bulletin_of(dispatch), addresses=True))
    results = sorted((row["result"], row["address"]) for row in rows)
    assert results == [("got", f"127.0.0.1:{push_service.port}"), *[("perhaps", f"127.0.0.1:{push_service.port}")] * 2]


def test_a_paused_dispatch_waits_and_goes_on_and_a_cancelled_one_accounts_for_every_browser(topic, push_service):
    browsers = [listening(push_service, [topic]) for _ in range(3)]
    publisher = somebody(topic.agency, Role.PUBLISHER)
    dispatch = a_bulletin_sent(topic)
    pause_dispatch(dispatch=dispatch, by=publisher)
    work_through(*PUSH)
    assert push_service.asked == 3, "the welcomes, and nothing else"

    resume_dispatch(dispatch=dispatch, by=publisher)
    work_through(*PUSH)
    assert all(browser.titles == ["River rising"] for browser in browsers)

    for browser in browsers:
        browser.answers = [(503, {})]
    second = a_bulletin_sent(topic)
    work_through(*PUSH)
    cancel_dispatch(dispatch=second, by=publisher)
    while keep_house():
        pass
    make_due()
    work_through(*PUSH)
    assert (progress(second).cancelled, progress(second).finished) == (3, True)
    assert all(browser.titles == ["River rising"] for browser in browsers)


def test_who_stops_while_it_waits_is_left_out_with_the_reason(topic, push_service):
    less, nothing = listening(push_service, [topic], every_emergency=True), listening(push_service, [topic])
    rows = [row_of(browser) for browser in (less, nothing)]
    dispatch = a_bulletin_sent(topic)
    assert expand_next(Lane.ROUTINE, Channel.PUSH) == dispatch.pk
    for row in rows:
        assert row is not None
        stop_telling(browser=row, subjects=[topic.pk])

    work_through(*PUSH)

    assert (less.messages, nothing.messages) == ([], [])
    details = Delivery.objects.filter(dispatch_id=dispatch.pk).order_by("recipient_id").values_list("detail", flat=True)
    assert list(details) == ["unsubscribed", "gone"]
    assert progress(dispatch).skipped == 2


def test_a_browser_that_has_not_answered_its_welcome_is_told_nothing_else(topic, push_service):
    browser = listening(push_service, [topic])
    Browser.objects.update(status=Browser.Status.WELCOMED)

    dispatch = a_bulletin_sent(topic)
    work_through(*PUSH)

    assert browser.messages == []
    assert progress(dispatch).skipped == 1


def test_what_waits_for_browsers_counts_for_the_lanes_health(topic, push_service):
    listening(push_service, [topic])
    dispatch = a_bulletin_sent(topic)
    Dispatch.objects.filter(pk=dispatch.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    Slice.objects.exclude(kind=RecipientKind.BROWSER).delete()

    standing = lane_standings()[Lane.ROUTINE]

    assert standing.waiting is not None
    assert standing.waiting > 200


def test_more_browsers_than_a_slice_and_a_batch_hold_get_it_once_each(topic, push_service):
    """Rows are made in bulk: what is tried here is the way from slice to record, not the welcome."""
    first = listening(push_service, [topic])
    row = row_of(first)
    assert row is not None
    copies = [push_service.browser() for _ in range(640)]
    for copy in copies:
        copy.key, copy.auth = first.key, first.auth
    names = ("asked_at", "host", "sealed_keys", "vapid_key_id", "language")
    values = {name: getattr(row, name) for name in names}
    made = Browser.objects.bulk_create(
        Browser(endpoint=one.url, endpoint_key=one.url.encode()[-32:], status="active", **values) for one in copies
    )
    subscription = row.subscriptions.get()
    type(subscription).objects.bulk_create(
        type(subscription)(browser=one, topic=topic, started_at=subscription.started_at) for one in made
    )

    dispatch = a_bulletin_sent(topic)
    work_through(*PUSH, *OTHERS)

    assert all(copy.titles == ["River rising"] for copy in [first, *copies])
    assert (progress(dispatch).sent, progress(dispatch).state) == (641, "done")
    assert Slice.objects.filter(dispatch=dispatch, kind=RecipientKind.BROWSER).count() == 2
