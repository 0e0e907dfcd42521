"""A relay that is slow about one domain, or away: the lane goes on, and in the end everybody got it once."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from agencies.models import User
from alerts.acts.destinations import set_destination
from alerts.acts.drafting import create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.acts.stopping import pause_dispatch, resume_dispatch
from alerts.engine import dispatch as engine
from alerts.engine.claims import claim_batch
from alerts.engine.dispatch import first_attempts, work
from alerts.engine.fanout import expand_next
from alerts.engine.runtime import runtime
from alerts.lanes import Channel, Lane
from alerts.models import Allowance, Batch, Bulletin, Delivery, Dispatch
from alerts.reports import progress
from alerts.tasks import WORK, do_work
from channels.smtp.slowness import STRETCH
from govnotify.embedded import free_port
from govnotify.lib.database import query
from govnotify.lib.queues import Queue
from subscriptions.address_key import address_key
from subscriptions.models import Subscriber, Subscription
from tests.engine import work_through
from tests.integration.engine.limits import limited
from tests.integration.engine.slow import SLOW, finish_stragglers, slow_inbox
from tests.integration.engine.test_trouble import TEXT, published
from tests.integration.faults.scenes import a_crowd, an_alert_sent

__all__ = ["slow_inbox"]
pytestmark = pytest.mark.django_db(transaction=True)


def some_at_the_slow_domain(people: int, slow: int) -> Dispatch:
    dispatch = published(people=people)
    for person in Subscriber.objects.order_by("pk")[:slow]:
        person.email = f"citizen{person.pk}@{SLOW}"
        person.address_key = address_key(person.email)
        person.save()
    return dispatch


def another_of(dispatch: Dispatch) -> Bulletin:
    bulletin = dispatch.bulletin
    assert bulletin is not None
    topics = list(bulletin.topics.all())
    return create_bulletin(agency=bulletin.agency, topics=topics, variants=[TEXT], author=User.objects.get())


def wait_until(condition: Callable[[], bool]) -> None:
    """Or for two minutes; the test then says what is wrong."""
    end = time.monotonic() + 120
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


def make_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET next_attempt_at = now() WHERE status = 2")


def test_the_others_have_it_while_one_domain_waits_and_everybody_has_it_once_in_the_end(slow_inbox):
    dispatch = some_at_the_slow_domain(people=20, slow=8)
    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    assert runtime().is_waiting
    assert {mail.recipient.rpartition("@")[2] for mail in slow_inbox.mails} == {"example.org"}
    assert len(slow_inbox.mails) == 12
    slow_inbox.released.set()
    finish_stragglers()
    assert not Batch.objects.filter(done_at=None).exists()
    make_due()
    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    assert slow_inbox.recipients().most_common(1)[0][1] == 1
    assert len(slow_inbox.mails) == 20
    assert progress(dispatch).state == "done"


def test_a_pause_holds_back_what_waits_for_the_slow_domain_and_nobody_has_it_twice(slow_inbox):
    dispatch = some_at_the_slow_domain(people=40, slow=40)
    expand_next(Lane.ROUTINE, Channel.EMAIL)

    def pause_and_release() -> None:
        wait_until(lambda: runtime().unrecorded == 40)  # all are taken: most wait for a connection
        pause_dispatch(dispatch=dispatch, by=User.objects.get())
        wait_until(lambda: runtime().unrecorded <= STRETCH * 2)
        slow_inbox.released.set()
        connections.close_all()

    pausing = threading.Thread(target=pause_and_release)
    pausing.start()
    work_through(Queue.ROUTINE)
    pausing.join()
    finish_stragglers()
    assert 0 < len(slow_inbox.mails) <= STRETCH * 2
    waiting = Delivery.objects.filter(channel=Channel.EMAIL, status=Delivery.Status.PENDING)
    assert waiting.count() == 40 - len(slow_inbox.mails)
    assert not waiting.exclude(attempts=0, doubts=0).exists()
    resume_dispatch(dispatch=dispatch, by=User.objects.get())
    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    finish_stragglers()
    assert slow_inbox.recipients().total() == len(slow_inbox.recipients()) == 40
    assert progress(dispatch).state == "done"


def test_the_next_bulletin_does_not_wait_for_stragglers_of_the_last(slow_inbox):
    first = some_at_the_slow_domain(people=3, slow=3)
    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    assert runtime().is_waiting
    Subscriber.objects.update(email="somebody@example.org")
    other = publish_bulletin(bulletin=another_of(first), publisher=User.objects.get())
    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    assert progress(other).state == "done"
    assert len(slow_inbox.mails) == 3
    slow_inbox.released.set()
    finish_stragglers()


def test_a_task_does_not_end_before_the_outcomes_of_slow_messages_are_recorded(slow_inbox):
    dispatch = some_at_the_slow_domain(people=4, slow=1)
    release = threading.Timer(2.5, slow_inbox.released.set)  # later than a task without stragglers would end
    release.start()
    work_through(Queue.ROUTINE_WEBHOOK)
    do_work(Queue.ROUTINE.value)
    release.join()
    assert not runtime().is_waiting
    assert len(slow_inbox.mails) == 4
    assert progress(dispatch).state == "done"


def test_nor_does_one_in_which_a_piece_of_work_fails(slow_inbox):
    """The database ends the session each time: no other task would come to this process while it is away."""
    dispatch = some_at_the_slow_domain(people=4, slow=1)
    release = threading.Timer(2.5, slow_inbox.released.set)
    release.start()
    work_through(Queue.ROUTINE_WEBHOOK)

    def fail() -> bool:
        query("SELECT pg_terminate_backend(pg_backend_pid())", {})
        return False

    with suppress(OperationalError):  # it comes out where nobody is slow any more
        work(Queue.ROUTINE, [*WORK[Queue.ROUTINE], fail])
    connection.close()
    release.join()
    assert not runtime().is_waiting
    assert len(slow_inbox.mails) == 4
    assert progress(dispatch).state == "done"


def test_answers_of_a_slow_server_are_read_while_nothing_but_expanding_can_be_done(slow_inbox):
    """All batches wait for a destination that is limited, so the worker makes one slice after the other."""
    dispatch = some_at_the_slow_domain(people=3, slow=1)
    limited("example.org")
    Allowance.objects.update(free_at=timezone.now() + timedelta(hours=1))
    first_attempts(Lane.ROUTINE, Channel.EMAIL)
    assert runtime().is_waiting
    Subscription.objects.filter(subscriber__email__endswith=SLOW).update(ended_at=timezone.now())
    slow_inbox.released.set()
    for _ in range(500):
        publish_bulletin(bulletin=another_of(dispatch), publisher=User.objects.get())
        assert first_attempts(Lane.ROUTINE, Channel.EMAIL), "a slice is expanded"
        if not runtime().is_waiting:
            break
    assert not runtime().is_waiting
    assert slow_inbox.recipients().total() == 1


def test_who_takes_over_records_meanwhile_what_a_slow_server_takes_from_it(slow_inbox, monkeypatch):
    """All leases have run out at once, its own as well: then everybody waits for the last word of everybody."""
    monkeypatch.setattr("alerts.engine.claims.LAST_WORD_LONGEST", 100.0)  # which ends with the word
    some_at_the_slow_domain(people=4, slow=1)
    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    assert runtime().is_waiting
    Batch.objects.update(leased_until=timezone.now() - timedelta(hours=1))
    slow_inbox.released.set()
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    assert claim.recipients == []
    assert len(slow_inbox.mails) == 4
    finish_stragglers()


def test_messages_with_a_slow_server_count_against_the_window_of_the_process(slow_inbox):
    some_at_the_slow_domain(people=3, slow=3)
    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    out = Delivery.objects.filter(status=Delivery.Status.PENDING).count()
    assert runtime().unrecorded == out > 0
    slow_inbox.released.set()
    finish_stragglers()
    assert runtime().unrecorded == 0


def test_a_lane_has_relays_of_its_own_and_the_next_takes_over(inbox, settings):
    away = f"smtp://127.0.0.1:{free_port()}"
    settings.EMAIL_URL, settings.EMAIL_URL_ROUTINE = away, f"{away}?connections=2, {inbox.url}?messages=3"
    dispatch = published(people=10)
    work_through(Queue.ROUTINE, Queue.ROUTINE_WEBHOOK)
    assert progress(dispatch).state == "done"
    assert inbox.recipients().total() == len(inbox.recipients()) == 10


def test_one_slow_mailbox_does_not_hold_up_an_alert_at_its_whole_limited_destination(slow_inbox, monkeypatch):
    monkeypatch.setattr(engine, "WORK_SECONDS", 60.0)  # there is nobody whom it could ask for the next turn
    set_destination(name="limited", domains=[SLOW, "example.org"], rates={Lane.EMERGENCY: 100})
    topic, people = a_crowd("water", 150)
    slow = Subscriber.objects.earliest("pk")
    Subscriber.objects.filter(pk=slow.pk).update(email=f"late@{SLOW}", ascii_domain=None)
    an_alert_sent(topic)
    others = people - {slow.email}

    def release_when_the_others_have_it() -> None:
        while set(slow_inbox.recipients()) != others:
            time.sleep(0.05)
        slow_inbox.released.set()

    watcher = threading.Thread(target=release_when_the_others_have_it, daemon=True)
    watcher.start()
    do_work(Queue.EMERGENCY.value)
    watcher.join()
    late = Delivery.objects.get(recipient_id=slow.pk)
    assert (late.status, late.attempts) == (Delivery.Status.SENT, 1), "the others had it within the server's silence"
