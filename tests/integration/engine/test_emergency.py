"""Two people, one hash, a lane of its own."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.models import Role
from alerts.acts.alert_drafting import AlertDetails, draft_alert, take_over_alert
from alerts.acts.alerting import ContentChanged, Expired, Unsendable, approve_alert, content_hash
from alerts.acts.content import ContentRefused
from alerts.acts.drafting import VariantText
from alerts.acts.publishing import AlreadyPublished, NotAllowed, publish_bulletin
from alerts.lanes import Lane
from alerts.models import Alert, Approval, Dispatch
from alerts.reports import progress
from govnotify.lib.queues import Queue
from subscriptions.models import Frequency, Subscription
from tests.engine import work_through
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = VariantText(
    language="en",
    title="Flash flood in the lower town",
    body="The Brook is over its banks.",
    instruction="Go upstairs.",
)


def details(**changes) -> AlertDetails:
    values: dict[str, Any] = {
        "event": "Flash flood",
        "category": ["Met"],
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "areas": [{"description": "Lower town"}],
        "expires": timezone.now() + timedelta(hours=6),
    }
    return AlertDetails(**(values | changes))


class Office:
    """An emergency office: an operator, an approver, a topic with three people."""

    def __init__(self) -> None:
        self.agency = an_agency("rescue", "Rescue Service")
        self.topic = a_topic(self.agency, "emergencies")
        listeners([self.topic], people=3)
        self.operator = a_person(self.agency, Role.OPERATOR, Role.APPROVER, name="Olga Operator")
        self.approver = a_person(self.agency, Role.APPROVER, name="Arif Approver")

    def draft(self, **changes) -> Alert:
        return draft_alert(
            agency=self.agency, topics=[self.topic], variants=[WORDS], details=details(**changes), author=self.operator
        )

    def approve(self, alert: Alert, approver=None) -> Dispatch:
        return approve_alert(alert=alert, approver=approver or self.approver, seen_hash=content_hash(alert))


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_approved_alert_reaches_everybody_on_its_topic_whatever_their_frequency(office, inbox):
    Subscription.objects.update(frequency=Frequency.WEEKLY)
    dispatch = office.approve(office.draft())
    work_through(Queue.EMERGENCY)
    assert len(inbox.mails) == 3
    mail = inbox.mails[0]
    assert mail.message["Subject"] == "EMERGENCY ALERT: Flash flood, Lower town"
    assert "Precedence" not in mail.message
    assert mail.message["Feedback-ID"].split(":")[2] == "emergency"
    for words in ("Rescue Service", "Flash flood", "Lower town", "Go upstairs.", "The Brook is over its banks."):
        assert words in mail.text("plain")
    assert progress(dispatch).first_ms is not None


def test_no_other_lane_s_worker_sends_it(office, inbox):
    office.approve(office.draft())
    work_through(*(queue for queue in Queue if queue not in {Queue.EMERGENCY, Queue.HOUSEKEEPING}))
    assert not inbox.mails


def test_its_author_can_t_approve_it_even_with_the_role(office):
    with pytest.raises(NotAllowed, match="second person"):
        office.approve(office.draft(), office.operator)


def test_the_database_refuses_an_approval_by_the_author(office):
    alert = office.draft()
    with pytest.raises(IntegrityError, match="approval_takes_two_people"):
        Approval.objects.create(
            alert=alert, author=office.operator, approver=office.operator, content_hash="x", at=timezone.now()
        )


def test_the_database_refuses_an_emergency_dispatch_without_approval(office):
    alert = office.draft()
    now = timezone.now()
    with pytest.raises(IntegrityError, match="emergency_needs_approval"), transaction.atomic():
        Dispatch.objects.create(
            bulletin=alert.bulletin, agency=office.agency, lane=Lane.EMERGENCY, month=now.date(), cut_off=now
        )


def test_an_alert_that_changed_after_the_approver_read_it_is_not_sent(office):
    alert = office.draft()
    seen = content_hash(alert)
    alert.areas = [{"description": "The whole country"}]
    alert.save()
    with pytest.raises(ContentChanged):
        approve_alert(alert=alert, approver=office.approver, seen_hash=seen)
    assert not Dispatch.objects.exists()


def test_approving_takes_the_role_at_that_agency(office):
    stranger = a_person(an_agency("city", "City"), Role.APPROVER, name="Cy Stranger")
    with pytest.raises(NotAllowed):
        office.approve(office.draft(), stranger)


def test_an_alert_is_sent_once(office, inbox):
    alert = office.draft()
    office.approve(alert)
    with pytest.raises(AlreadyPublished):
        office.approve(alert, a_person(office.agency, Role.APPROVER, name="Third Person"))
    work_through()
    assert set(inbox.recipients().values()) == {1}


def test_an_alert_can_t_be_published_past_its_approval(office):
    publisher = a_person(office.agency, Role.PUBLISHER, name="Pia Publisher")
    with pytest.raises(NotAllowed, match="second person"):
        publish_bulletin(bulletin=office.draft().bulletin, publisher=publisher)


def test_an_alert_drafted_by_a_machine_needs_two_people(office):
    alert = draft_alert(agency=office.agency, topics=[office.topic], variants=[WORDS], details=details(), author=None)
    with pytest.raises(NotAllowed, match="take this alert over"):
        office.approve(alert)
    take_over_alert(alert=alert, operator=office.operator)
    with pytest.raises(NotAllowed, match="second person"):
        office.approve(alert, office.operator)
    office.approve(alert)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"expires": timezone.now() - timedelta(minutes=1)}, Expired),
        ({"expires": timezone.now() + timedelta(days=30)}, Unsendable),
        ({"areas": [{"description": " "}]}, Unsendable),
        ({"scope": "Private"}, Unsendable),
        ({"status": "Draft"}, Unsendable),
        ({"source_xml": b"<alert/>", "expires": None}, Unsendable),
    ],
)
def test_what_must_not_be_sent_is_kept_and_refused_at_the_approval(office, changes, error):
    alert = office.draft(**changes)
    with pytest.raises(error):
        office.approve(alert)
    assert not Dispatch.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"areas": []}, "areas"),
        ({"expires": None}, "expires"),
        ({"urgency": "Soon"}, "urgency"),
        ({"category": ["Weather"]}, "category"),
        ({"event": "Two\nlines"}, "event"),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused_by_field(office, changes, field):
    with pytest.raises(ContentRefused) as refusal:
        office.draft(**changes)
    assert list(refusal.value.errors) == [field]


def test_nothing_is_sent_after_the_alert_has_ended(office, inbox):
    alert = office.draft(expires=timezone.now() + timedelta(hours=1))
    dispatch = office.approve(alert)
    Alert.objects.update(expires=timezone.now() - timedelta(seconds=1))
    work_through()
    assert not inbox.mails
    assert progress(dispatch).failed == 3
