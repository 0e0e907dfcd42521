"""Who is written to in the benchmark of the lanes: three topics, and everybody at a mail domain of their kind."""

from datetime import timedelta

from django.utils import timezone

from agencies.models import Agency, Membership, Role, User
from alerts.acts.alert_drafting import AlertDetails, draft_alert
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.models import Alert, Bulletin, Dispatch
from bench.people import follow
from subscriptions.models import Frequency, Topic

EMERGENCY_DOMAIN = "emergency.example"  # the sink stamps recipients here; a round's people are at r1., r2., …
DIGEST_BULLETINS = 5
BODY = """The river has risen by 12 cm since the last report, and it goes on rising. **No road is closed** at present.

- Keep away from the banks, and keep children and animals in sight.
- Move what you keep in a cellar to a higher floor.
- Follow the warnings of the [water office](https://water.example/).

"""


class Office:
    """An agency with an editor, an operator and an approver."""

    def __init__(self) -> None:
        self.agency = Agency.objects.create(
            slug="water", name="Water Office", from_address="news@water.example", reply_address="desk@water.example",
            postal_address="1 Quay, Arnhill",
        )  # fmt: skip
        self.editor = self._person("editor", Role.PUBLISHER)
        self.operator = self._person("operator", Role.OPERATOR)
        self.approver = self._person("approver", Role.APPROVER)

    def topic(self, slug: str) -> Topic:
        return Topic.objects.create(agency=self.agency, slug=slug, name=slug.title())

    def bulletin(self, topic: Topic) -> Bulletin:
        text = VariantText(language="en", title="Water level of the river Arn", body=BODY * 5)
        return create_bulletin(agency=self.agency, topics=[topic], variants=[text], author=self.editor)

    def publish(self, topic: Topic) -> Dispatch:
        return publish_bulletin(bulletin=self.bulletin(topic), publisher=self.editor)

    def alert(self, topic: Topic) -> Alert:
        """A draft that waits for the second person."""
        text = VariantText(
            language="en", title="Flash flood in the lower town", body="The Arn is over its banks.",
            instruction="Go upstairs. Keep away from the river.",
        )  # fmt: skip
        details = AlertDetails(
            event="Flash flood", category=["Met"], urgency="Immediate", severity="Severe", certainty="Observed",
            areas=[{"description": "Lower town"}], expires=timezone.now() + timedelta(hours=6),
        )  # fmt: skip
        return draft_alert(agency=self.agency, topics=[topic], variants=[text], details=details, author=self.operator)

    def approve(self, alert: Alert) -> Dispatch:
        return approve_alert(alert=alert, approver=self.approver, seen_hash=content_hash(alert))

    def _person(self, name: str, role: Role) -> User:
        user = User.objects.create_user(f"{name}@water.example", name=name.title())
        Membership.objects.create(user=user, agency=self.agency, role=role)
        return user


def listeners(topic: Topic, *, first_id: int, people: int, domain: str, frequency: Frequency) -> int:
    """So many people at the domain follow the topic, in two COPYs; the id after the last."""
    numbers = range(first_id, first_id + people)
    follow(topic, ((number, f"person{number}@{domain}") for number in numbers), frequency)
    return first_id + people
