"""Who the crash benchmark writes to, and what."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from agencies.models import Agency, Membership, Role, User
from alerts.acts.alert_drafting import AlertDetails, draft_alert
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.models import Alert, Bulletin, Dispatch
from bench.people import follow
from subscriptions.models import Topic

PARAGRAPH = "The river has risen since the last report, and it goes on rising. **No road is closed** at present.\n\n"
RESCUED = 1_000  # people of the emergency topic
BYSTANDERS = 1_000


class People:
    """An agency and its topics: the river has `crowd` people, one is for emergencies, one stays silent."""

    def __init__(self, crowd: int) -> None:
        self.crowd = crowd
        agency = Agency.objects.create(
            slug="water", name="Water Office", from_address="news@water.example", reply_address="desk@water.example",
            postal_address="1 Quay, Arnhill",
        )  # fmt: skip
        self.publisher = _staff(agency, Role.PUBLISHER)
        self.operator = _staff(agency, Role.OPERATOR)
        self.approver = _staff(agency, Role.APPROVER)
        self.river = _topic(agency, "river", 1, crowd)
        self.rescue = _topic(agency, "rescue", crowd + 1, RESCUED)
        self.silent = _topic(agency, "silent", crowd + RESCUED + 1, BYSTANDERS)


def address_of(number: int) -> str:
    """Of the subscriber with this id."""
    return f"person{number}@people.example"


def a_draft(topic: Topic) -> Bulletin:
    text = VariantText(language="en", title="Water level of the river Arn", body=PARAGRAPH * 15)
    return create_bulletin(agency=topic.agency, topics=[topic], variants=[text], author=None)


def an_alert(people: People) -> Alert:
    """A drafted one, for an hour or two."""
    details: dict[str, Any] = {
        "event": "Flash flood", "category": ["Met"], "urgency": "Immediate", "severity": "Severe",
        "certainty": "Observed", "areas": [{"description": "Lower town"}],
        "expires": timezone.now() + timedelta(hours=2),
    }  # fmt: skip
    text = VariantText("en", "Flash flood in the lower town", "The Arn is over its banks.", instruction="Go upstairs.")
    return draft_alert(
        agency=people.rescue.agency, topics=[people.rescue], variants=[text], details=AlertDetails(**details),
        author=people.operator,
    )  # fmt: skip


def approved(alert: Alert, people: People) -> Dispatch:
    return approve_alert(alert=alert, approver=people.approver, seen_hash=content_hash(alert))


def _staff(agency: Agency, role: Role) -> User:
    user = User.objects.create_user(f"{role}@water.example", name=str(role.label))
    Membership.objects.create(user=user, agency=agency, role=role)
    return user


def _topic(agency: Agency, slug: str, first: int, people: int) -> Topic:
    """With so many subscribers of its own, from the id `first` on, in two COPYs."""
    topic = Topic.objects.create(agency=agency, slug=slug, name=slug.title())
    numbers = range(first, first + people)
    follow(topic, ((number, address_of(number)) for number in numbers))
    return topic
