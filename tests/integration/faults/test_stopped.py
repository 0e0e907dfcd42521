"""A dispatch is stopped while real workers send it, and one of them killed: every mail that left is accounted for."""

import os
import signal

import pytest

from agencies.models import Role
from alerts.acts.correcting import create_correction
from alerts.acts.drafting import VariantText
from alerts.acts.publishing import publish_bulletin
from alerts.acts.stopping import cancel_dispatch, pause_dispatch, resume_dispatch
from alerts.models import Bulletin, Dispatch
from alerts.reports import progress
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from tests.inbox import Inbox
from tests.integration.engine.stopping import told
from tests.integration.faults.gate import Gate
from tests.integration.faults.platform import Platform, senders
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, doubled, has_reached, somebody

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 2_000
RIGHT = VariantText("en", "River falling", "It falls.")


def is_still(inbox: Inbox, dispatch: Dispatch) -> bool:
    """Whether every mail that arrived is recorded, and nobody holds a batch."""
    leased = dispatch.batches.filter(done_at=None).exclude(leased_until=None)
    return progress(dispatch).sent == len(inbox.mails) and not leased.exists()


def test_a_paused_dispatch_is_resumed_by_the_same_workers_without_a_duplicate(
    platform: Platform, inbox: Inbox, gate: Gate
) -> None:
    topic, people = a_crowd("water", PEOPLE)
    publisher = somebody(topic.agency, Role.PUBLISHER)
    gate.hold_at(300)
    dispatch = a_bulletin_sent(topic)
    platform.start(worker(Queue.ROUTINE), worker(Queue.HOUSEKEEPING), beat())
    platform.wait_until(gate.reached.is_set, "300 mails")
    pause_dispatch(dispatch=dispatch, by=publisher)
    gate.open()
    platform.wait_until(lambda: is_still(inbox, dispatch), "what was in hand is recorded")
    arrived = len(inbox.mails)
    assert arrived < PEOPLE
    assert dispatch.bulletin is not None
    assert told(dispatch.bulletin, "got") == set(inbox.recipients())
    platform.wait_until(lambda: progress(dispatch).pending == PEOPLE - arrived, "everybody else is named")
    assert len(inbox.mails) == arrived
    resume_dispatch(dispatch=dispatch, by=publisher)
    platform.wait_until(lambda: has_reached(dispatch, people), "the bulletin has gone out")
    assert doubled(inbox.recipients(), people) == 0


def test_who_may_have_got_it_from_a_killed_sender_is_in_doubt_and_gets_the_correction(
    platform: Platform, inbox: Inbox, gate: Gate
) -> None:
    topic, people = a_crowd("water", PEOPLE)
    publisher = somebody(topic.agency, Role.PUBLISHER)
    gate.hold_at(400)
    dispatch = a_bulletin_sent(topic)
    routine, *_ = platform.start(worker(Queue.ROUTINE), worker(Queue.HOUSEKEEPING), beat())
    platform.wait_until(gate.reached.is_set, "400 mails")
    first, *_ = senders(routine, inbox.port)
    os.kill(first, signal.SIGKILL)
    cancel_dispatch(dispatch=dispatch, by=publisher)
    gate.open()
    platform.wait_until(lambda: progress(dispatch).finished, "everybody knows what became of them")

    bulletin = Bulletin.objects.get()
    arrived = set(inbox.recipients())
    got, perhaps, never = (told(bulletin, result) for result in ("got", "perhaps", "not"))
    assert got | perhaps | never == people
    assert got <= arrived <= got | perhaps
    assert not never & arrived
    assert never
    assert len(got) == progress(dispatch).sent

    correction = create_correction(first=bulletin, variants=[RIGHT], author=publisher)
    corrected = publish_bulletin(bulletin=correction, publisher=publisher)
    platform.wait_until(lambda: has_reached(corrected, got | perhaps), "the correction has gone out")
    twice = {address for address, count in inbox.recipients().items() if count >= 2}
    assert arrived <= twice
    assert set(inbox.recipients()) == got | perhaps
