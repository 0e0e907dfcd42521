"""What the tests of faults play with: bulletins and alerts on their way to a number of people."""

from collections import Counter

from agencies.models import Role
from alerts.alerting import approve_alert, content_hash
from alerts.models import Alert, Dispatch
from alerts.publishing import publish_bulletin
from alerts.reports import progress
from subscriptions.models import Topic
from tests.integration.staff.cast import a_draft, a_person, a_topic, an_agency, an_alert, listeners


def a_crowd(slug: str, people: int) -> tuple[Topic, set[str]]:
    """A topic of an agency of its own, and the addresses of the people who follow it."""
    topic = a_topic(an_agency(slug, slug.title()), f"{slug}-news")
    listeners([topic], people=people)
    return topic, set(topic.subscriptions.values_list("subscriber__email", flat=True))


def a_bulletin_sent(topic: Topic) -> Dispatch:
    publisher = a_person(topic.agency, Role.PUBLISHER, email=f"p{topic.bulletins.count()}@{topic.agency.slug}.example")
    return publish_bulletin(bulletin=a_draft(topic), publisher=publisher)


def a_drafted_alert(topic: Topic) -> tuple[Alert, int]:
    """With the id of somebody who may approve it."""
    alert = an_alert(topic, a_person(topic.agency, Role.OPERATOR, name="Olga Operator"))
    return alert, a_person(topic.agency, Role.APPROVER, name="Arif Approver").pk


def an_alert_sent(topic: Topic) -> Dispatch:
    alert = an_alert(topic, a_person(topic.agency, Role.OPERATOR, name="Olga Operator"))
    approver = a_person(topic.agency, Role.APPROVER, name="Arif Approver")
    return approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))


def has_reached(dispatch: Dispatch, people: set[str]) -> bool:
    """Whether it is recorded that everybody's mail was accepted. Machines' slices wait for workers of their own."""
    return progress(dispatch).sent == len(people)


def doubled(got: Counter[str], people: set[str]) -> int:
    """How many mails were more than one to each; fails when somebody is missing, or a stranger was written to."""
    assert set(got) == people, f"{len(people - set(got))} missing, {len(set(got) - people)} strangers"
    return got.total() - len(people)
