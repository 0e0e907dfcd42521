"""An urgent bulletin goes at once to everybody on its topics, and is in no digest of who got it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agencies.models import AuditEntry, Role
from alerts.acts.content import VariantText
from alerts.acts.drafting import create_bulletin, edit_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.digests import start_run
from alerts.models import Bulletin, DigestItem, Dispatch
from govnotify.lib.queues import Queue
from subscriptions.models import Frequency, Topic
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.faults.scenes import a_bulletin_sent, somebody
from tests.integration.subscriptions.cast import a_subscriber, a_town

pytestmark = pytest.mark.django_db(transaction=True)
EVERYBODY = {"at-once@example.org": "immediate", "daily@example.org": "daily", "weekly@example.org": "weekly"}


@pytest.fixture
def floods() -> Topic:
    """With one reader of each kind."""
    town = a_town()
    for email, frequency in EVERYBODY.items():
        a_subscriber(email, floods=Frequency(frequency))
    return town.floods


def an_urgent_draft(topic: Topic) -> Bulletin:
    texts = [VariantText(language="en", title="Boil the water", body="From now on, until we say otherwise.")]
    author = somebody(topic.agency, Role.PUBLISHER)
    return create_bulletin(agency=topic.agency, topics=[topic], variants=texts, author=author, urgent=True)


def urgent(topic: Topic) -> Dispatch:
    return publish_bulletin(bulletin=an_urgent_draft(topic), publisher=somebody(topic.agency, Role.PUBLISHER))


def digest(period: Frequency) -> Dispatch | None:
    run = start_run(period=period, cut_off=timezone.now() + timedelta(seconds=1))
    work_through(Queue.DIGEST)
    return run


def test_it_reaches_daily_and_weekly_readers_at_once_and_no_digest_says_it_again(floods: Topic, inbox: Inbox) -> None:
    urgent(floods)
    work_through(Queue.ROUTINE)
    assert dict(inbox.recipients()) == dict.fromkeys(EVERYBODY, 1)
    inbox.mails.clear()
    ordinary = a_bulletin_sent(floods)
    work_through(Queue.ROUTINE)
    for period in (Frequency.DAILY, Frequency.WEEKLY):
        digest(period)
    assert dict(inbox.recipients()) == dict.fromkeys(EVERYBODY, 1)
    assert set(DigestItem.objects.values_list("bulletin_id", flat=True)) == {ordinary.bulletin_id}


def test_who_follows_the_topic_afterwards_finds_it_in_the_digest(floods: Topic, inbox: Inbox) -> None:
    sent = urgent(floods)
    work_through(Queue.ROUTINE)
    late = a_subscriber("late@example.org", floods=Frequency.DAILY)
    digest(Frequency.DAILY)
    found = DigestItem.objects.filter(bulletin_id=sent.bulletin_id or 0)
    assert list(found.values_list("recipient_id", flat=True)) == [late.pk]


def test_a_digest_waits_until_it_is_known_who_gets_it_at_once(floods: Topic, inbox: Inbox) -> None:
    urgent(floods)
    assert digest(Frequency.DAILY) is None
    work_through(Queue.ROUTINE)
    assert digest(Frequency.DAILY) is not None
    assert not DigestItem.objects.exists()


def test_an_ordinary_bulletin_waits_for_the_digest_as_before(floods: Topic, inbox: Inbox) -> None:
    dispatch = a_bulletin_sent(floods)
    work_through(Queue.ROUTINE)
    assert dict(inbox.recipients()) == {"at-once@example.org": 1}
    assert not dispatch.urgent


def test_that_it_was_marked_and_published_as_urgent_is_in_the_audit_trail(floods: Topic) -> None:
    draft = an_urgent_draft(floods)
    author = somebody(floods.agency, Role.PUBLISHER)
    texts = [VariantText(language="en", title="Boil the water", body="No.")]
    edit_bulletin(bulletin=draft, topics=[floods], variants=texts, editor=author, urgent=False)
    edit_bulletin(bulletin=draft, topics=[floods], variants=texts, editor=author, urgent=True)
    publish_bulletin(bulletin=draft, publisher=author)
    trail = AuditEntry.objects.filter(target="bulletin", target_id=draft.pk).order_by("pk")
    assert [(one.verb, (one.before or {}).get("urgent"), (one.after or {}).get("urgent")) for one in trail] == [
        ("bulletin.created", None, True),
        ("bulletin.edited", True, None),
        ("bulletin.edited", None, True),
        ("bulletin.published", None, True),
    ]
