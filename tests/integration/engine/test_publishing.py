"""From publishing to the mailbox, through PostgreSQL and a real SMTP server."""

import threading

import pytest
from django.db import connection

from agencies.models import AuditEntry, Role
from alerts.acts.content import ContentRefused
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import AlreadyPublished, NotAllowed, publish_bulletin
from alerts.models import Delivery, Dispatch
from alerts.reports import progress
from subscriptions.models import Frequency, Subscriber, Subscription
from tests.engine import work_through
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = VariantText(language="en", title="River level", body="The river **rises**.")


def a_bulletin(topics=("floods",), texts=(TEXT,), people: int = 3):
    agency = an_agency()
    chosen = [a_topic(agency, slug) for slug in topics]
    listeners(chosen, people=people)
    editor = a_person(agency, Role.PUBLISHER)
    return create_bulletin(agency=agency, topics=chosen, variants=list(texts), author=editor), editor


def test_everybody_on_the_topic_gets_it_once(inbox):
    bulletin, editor = a_bulletin(people=1_250)
    dispatch = publish_bulletin(bulletin=bulletin, publisher=editor)
    work_through()
    assert inbox.recipients() == {f"citizen{n}@example.org": 1 for n in range(1_250)}
    done = progress(dispatch)
    assert (done.recipients, done.sent, done.pending, done.state) == (1_250, 1_250, 0, "done")
    assert Delivery.objects.filter(status=Delivery.Status.SENT).count() == 1_250


def test_who_follows_two_of_the_topics_gets_one_mail_that_names_both(inbox):
    bulletin, editor = a_bulletin(topics=("floods", "roads"), people=2)
    publish_bulletin(bulletin=bulletin, publisher=editor)
    work_through()
    assert len(inbox.mails) == 2
    (topics,) = set(map(tuple, Delivery.objects.values_list("topics", flat=True)))
    assert topics == tuple(topic.pk for topic in bulletin.ordered_topics())


def test_expanding_again_adds_nobody_twice(inbox):
    bulletin, editor = a_bulletin(people=40)
    dispatch = publish_bulletin(bulletin=bulletin, publisher=editor)
    work_through()
    dispatch.slices.update(expanded_at=None, through_id=None)
    Dispatch.objects.update(state="sending", expanded_at=None)
    work_through()
    assert set(inbox.recipients().values()) == {1}
    assert Delivery.objects.count() == 40


def test_only_those_who_asked_to_hear_at_once_get_it_at_once(inbox):
    bulletin, editor = a_bulletin(people=3)
    Subscription.objects.filter(subscriber__email="citizen1@example.org").update(frequency=Frequency.DAILY)
    publish_bulletin(bulletin=bulletin, publisher=editor)
    work_through()
    assert set(inbox.recipients()) == {"citizen0@example.org", "citizen2@example.org"}


def test_a_subscription_that_began_after_publishing_does_not_count(inbox):
    bulletin, editor = a_bulletin(people=1)
    publish_bulletin(bulletin=bulletin, publisher=editor)
    listeners(bulletin.ordered_topics(), people=1)
    work_through()
    assert list(inbox.recipients()) == ["citizen0@example.org"]


def test_who_unsubscribes_after_publishing_is_skipped_and_the_row_says_why(inbox):
    bulletin, editor = a_bulletin(people=2)
    dispatch = publish_bulletin(bulletin=bulletin, publisher=editor)
    from alerts.engine.fanout import expand_next  # noqa: PLC0415
    from alerts.lanes import Channel, Lane  # noqa: PLC0415

    expand_next(Lane.ROUTINE, Channel.EMAIL)
    person = Subscriber.objects.get(email="citizen1@example.org")
    Subscription.objects.filter(subscriber=person).update(ended_at=dispatch.cut_off)
    work_through()
    assert list(inbox.recipients()) == ["citizen0@example.org"]
    assert Delivery.objects.get(recipient_id=person.pk).detail == "unsubscribed"
    assert progress(dispatch).skipped == 1


def test_a_bulletin_that_two_people_publish_at_once_goes_out_once(inbox):
    bulletin, first = a_bulletin(people=5)
    second = a_person(bulletin.agency, Role.PUBLISHER, name="Ben Second")
    start = threading.Barrier(2)
    answers: list[object] = []

    def publish(person) -> None:
        start.wait()
        try:
            answers.append(publish_bulletin(bulletin=bulletin, publisher=person))
        except AlreadyPublished as error:
            answers.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=(person,)) for person in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work_through()
    (refusal,) = [answer for answer in answers if isinstance(answer, str)]
    assert refusal.startswith("This bulletin was already published by ")
    assert set(inbox.recipients().values()) == {1}
    assert Dispatch.objects.count() == 1


def test_publishing_takes_the_role_at_that_agency():
    bulletin, _ = a_bulletin()
    stranger = a_person(an_agency("city", "City of Brook"), Role.PUBLISHER, name="Cy Stranger")
    author = a_person(bulletin.agency, Role.AUTHOR, name="Dan Author")
    for person in (stranger, author):
        with pytest.raises(NotAllowed, match="Ministry of Water"):
            publish_bulletin(bulletin=bulletin, publisher=person)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "Two\r\nlines"}, "title"),
        ({"title": "Nul \x00"}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"body": "y" * 10_000_000}, "body"),
        ({"body": ""}, "body"),
        ({"body": "<script>alert(1)</script>", "body_format": "html"}, "body"),
        ({"language": "en_GB!"}, "language"),
        ({"body_format": "rtf"}, "body_format"),
    ],
)
def test_what_cannot_be_published_is_refused_with_the_name_of_the_field(change, field):
    agency = an_agency()
    text = VariantText(**({"language": "en", "title": "T", "body": "B"} | change))
    with pytest.raises(ContentRefused) as refusal:
        create_bulletin(agency=agency, topics=[a_topic(agency)], variants=[text], author=None)
    assert list(refusal.value.errors) == [field]


def test_another_agencys_topic_is_refused_by_name():
    topic = a_topic(an_agency("city", "City of Brook"), "parks")
    with pytest.raises(ContentRefused, match="“parks” is not a topic of Ministry of Water"):
        create_bulletin(agency=an_agency(), topics=[topic], variants=[TEXT], author=None)


def test_publishing_is_in_the_audit_trail_without_an_address():
    bulletin, editor = a_bulletin()
    dispatch = publish_bulletin(bulletin=bulletin, publisher=editor)
    entry = AuditEntry.objects.get(verb="bulletin.published")
    assert (entry.actor, entry.actor_id, entry.target_id) == ("user", editor.pk, bulletin.pk)
    assert entry.after["dispatch"] == dispatch.pk
    assert "@" not in str(entry.after)
