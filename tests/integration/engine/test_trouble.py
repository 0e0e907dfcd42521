"""When something around the engine breaks: nobody is missed, nothing is stuck, nobody waits for the broker."""

import threading
from datetime import date, timedelta

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Role
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.claims import claim_batch, claim_retries
from alerts.engine.digests import start_run
from alerts.engine.dispatch import first_attempts
from alerts.engine.fanout import expand_next
from alerts.engine.outcomes import finish, record, renew
from alerts.engine.recovery import keep_house
from alerts.lanes import Channel, Lane
from alerts.models import Batch, Delivery, Dispatch, Slice
from alerts.partitions import ensure_month
from alerts.reports import progress
from alerts.tasks import do_work
from channels.outcome import ACCEPTED, Outcome, Verdict
from govnotify.embedded import free_port
from govnotify.lib.queues import Queue
from subscriptions.models import Endpoint, Frequency, Subscription
from tests.engine import work_through
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
LATER = Outcome(Verdict.TRANSIENT, code="451", detail="try later")
TEXT = VariantText(language="en", title="T", body="B")


def published(people: int = 3, machines: int = 0) -> Dispatch:
    agency = an_agency()
    topic = a_topic(agency)
    listeners([topic], people=people, machines=machines)
    editor = a_person(agency, Role.PUBLISHER)
    bulletin = create_bulletin(agency=agency, topics=[topic], variants=[TEXT], author=editor)
    return publish_bulletin(bulletin=bulletin, publisher=editor)


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_send_that_fails_as_a_whole_leaves_its_batch_for_another_worker(inbox, settings):
    dispatch = published()
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    working, settings.EMAIL_URL = settings.EMAIL_URL, "smtp://no-such-option.example:25?tls=perhaps"
    with pytest.raises(ValueError, match="tls"):
        first_attempts(Lane.ROUTINE, Channel.EMAIL)
    assert Batch.objects.get().done_at is None
    settings.EMAIL_URL = working
    sql("UPDATE alerts_batch SET leased_until = now() - interval '1 s'")
    work_through()
    assert len(inbox.mails) == 3
    assert progress(dispatch).state == "done"


def test_an_endpoint_whose_secret_can_t_be_read_fails_alone():
    dispatch = published(people=1, machines=2)
    spoilt = Endpoint.objects.earliest("pk")
    Endpoint.objects.filter(pk=spoilt.pk).update(sealed_secret="-")
    work_through(Queue.ROUTINE_WEBHOOK)
    details = dict(Delivery.objects.filter(channel=Channel.WEBHOOK).values_list("recipient_id", "detail"))
    assert details.pop(spoilt.pk) == "No key opens this stored secret: put the key that encrypted it back"
    assert "it must be a public address" in str(details.popitem()[1])
    assert progress(dispatch).failed == 2


def test_all_kinds_expanded_at_the_same_moment_still_end_the_dispatch(inbox):
    dispatch = published()
    start = threading.Barrier(len(Channel))

    def expand(channel: Channel) -> None:
        start.wait()
        expand_next(Lane.ROUTINE, channel)
        connection.close()

    threads = [threading.Thread(target=expand, args=(channel,)) for channel in Channel]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work_through()
    assert Dispatch.objects.get(pk=dispatch.pk).state == "done"


def test_housekeeping_ends_a_dispatch_that_nobody_noted_as_expanded(inbox):
    dispatch = published()
    work_through()
    Dispatch.objects.update(
        state="sending", expanded_at=None, finished_at=None, created_at=timezone.now() - timedelta(minutes=1)
    )
    assert not Slice.objects.filter(expanded_at=None).exists()
    keep_house()
    assert Dispatch.objects.get(pk=dispatch.pk).state == "done"


def test_a_late_acceptance_wins_over_a_deferral_and_is_not_sent_again(inbox):
    dispatch = published(people=1)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    expand_next(Lane.ROUTINE, Channel.WEBHOOK)
    late = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    sql("UPDATE alerts_batch SET leased_until = now() - interval '1 s'")
    second = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert late is not None
    assert second is not None
    record(second, [(second.recipients[0], LATER)], done=True)
    record(late, [(late.recipients[0], ACCEPTED)])
    sql("UPDATE alerts_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    work_through()
    assert not inbox.mails
    assert finish(dispatch.pk)
    done = progress(dispatch)
    assert (done.sent, done.deferred, done.failed, done.state) == (1, 0, 0, "done")


def test_the_lease_of_retries_can_be_moved_on(inbox):
    published(people=2)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    record(claim, [(recipient, LATER) for recipient in claim.recipients], done=True)
    sql("UPDATE alerts_delivery SET next_attempt_at = now()")
    (retry,) = claim_retries(Lane.ROUTINE, Channel.EMAIL)
    before = retry.leased_until
    assert renew(retry)
    assert retry.leased_until is not None
    assert before is not None
    assert retry.leased_until > before
    assert claim_retries(Lane.ROUTINE, Channel.EMAIL) == []


def test_a_task_that_finds_its_connection_cut_leaves_the_next_one_a_new_one(inbox):
    published()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    other.close()
    with pytest.raises(Exception, match=r"terminat|closed"):
        do_work(Queue.ROUTINE.value)
    work_through()
    assert len(inbox.mails) == 3


def test_limits_do_not_lock_anybody_out_when_their_server_is_gone(settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{free_port()}/0"}}
    gone = caches.create_connection("default")
    assert gone.add("key", 1)
    assert gone.get("key", "nothing") == "nothing"
    assert gone.incr("key") == 1
    gone.set("key", 1)
    assert not gone.delete("key")


def test_a_month_is_added_while_somebody_reads_the_deliveries():
    published()
    reading, done = threading.Event(), threading.Event()

    def read_for_long() -> None:
        with transaction.atomic():
            Delivery.objects.count()
            reading.set()
            done.wait(20)
        connection.close()

    reader = threading.Thread(target=read_for_long)
    reader.start()
    reading.wait()
    try:
        with transaction.atomic():
            sql("SET LOCAL lock_timeout = '3s'")
            ensure_month(date(2031, 5, 1))
    finally:
        done.set()
        reader.join()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('alerts_delivery_2031_05')")
        assert cursor.fetchone() != (None,)
        cursor.execute("DROP TABLE alerts_delivery_2031_05, alerts_digestitem_2031_05")


def test_a_digest_run_that_begins_late_still_reaches_people(inbox):
    published()
    work_through()
    inbox.mails.clear()
    Subscription.objects.update(frequency=Frequency.WEEKLY)
    Delivery.objects.all().delete()
    cut_off = timezone.now()
    run = start_run(period=Frequency.WEEKLY, cut_off=cut_off)
    assert run is not None
    Dispatch.objects.filter(pk=run.pk).update(cut_off=cut_off - timedelta(hours=30), since=cut_off - timedelta(days=8))
    sql("UPDATE alerts_bulletin SET published_at = published_at - interval '2 days'")
    sql("UPDATE subscriptions_subscription SET started_at = started_at - interval '9 days'")
    work_through()
    assert len(inbox.mails) == 3
