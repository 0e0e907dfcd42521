"""What the tests of faults play with: bulletins and alerts on their way to a number of people."""

from collections import Counter

from agencies.models import Agency, Membership, Role, User
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.publishing import publish_bulletin
from alerts.models import Dispatch
from alerts.reports import progress
from subscriptions.models import Topic
from tests.integration.staff.cast import a_draft, a_topic, an_agency, an_alert, listeners


def a_crowd(slug: str, people: int) -> tuple[Topic, set[str]]:
    """A topic of an agency of its own, and the addresses of the people who follow it."""
    topic = a_topic(an_agency(slug, slug.title()), f"{slug}-news")
    listeners([topic], people=people)
    return topic, set(topic.subscriptions.values_list("subscriber__email", flat=True))


def somebody(agency: Agency, role: Role) -> User:
    """Who holds the role at the agency; without a password, which takes half a second to make."""
    user, _ = User.objects.get_or_create(email=f"{role}@{agency.slug}.example", defaults={"name": str(role.label)})
    Membership.objects.get_or_create(user=user, agency=agency, role=role)
    return user


def a_bulletin_sent(topic: Topic) -> Dispatch:
    return publish_bulletin(bulletin=a_draft(topic), publisher=somebody(topic.agency, Role.PUBLISHER))


def an_alert_sent(topic: Topic) -> Dispatch:
    alert = an_alert(topic, somebody(topic.agency, Role.OPERATOR))
    return approve_alert(alert=alert, approver=somebody(topic.agency, Role.APPROVER), seen_hash=content_hash(alert))


def has_reached(dispatch: Dispatch, people: set[str]) -> bool:
    """Whether it is recorded that everybody's mail was accepted. Machines' slices wait for workers of their own."""
    return progress(dispatch).sent == len(people)


def doubled(got: Counter[str], people: set[str]) -> int:
    """How many mails were more than one to each; fails when somebody is missing, or a stranger was written to."""
    assert set(got) == people, f"{len(people - set(got))} missing, {len(set(got) - people)} strangers"
    return got.total() - len(people)
