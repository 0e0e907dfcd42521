"""People in a benchmark's database: an agency with a topic and its publisher, and followers by COPY."""

from collections.abc import Iterable
from itertools import islice

from django.db import connection

from agencies.models import Agency, Membership, Role, User
from subscriptions.address_key import address_key_of
from subscriptions.models import Frequency, Topic

LONG_AGO = "2026-01-01"
AT_ONCE = 10_000


def a_topic(slug: str = "water") -> tuple[Topic, User]:
    """Of an agency of its own, and who publishes there."""
    agency = Agency.objects.create(
        slug=slug, name=slug.title(), from_address=f"news@{slug}.example", reply_address=f"desk@{slug}.example",
        postal_address="1 Quay, Arnhill",
    )  # fmt: skip
    topic = Topic.objects.create(agency=agency, slug=slug, name=slug.title())
    publisher = User.objects.create_user(f"editor@{slug}.example", name="Editor")
    Membership.objects.create(user=publisher, agency=agency, role=Role.PUBLISHER)
    return topic, publisher


def follow(topic: Topic, people: Iterable[tuple[int, str]], frequency: Frequency = Frequency.IMMEDIATE) -> None:
    """New subscribers, each by id and address, follow the topic.

    By COPYs of some thousands: neither this process nor its backend, which keeps a check of a foreign key for each row
    until it commits, may be large before anything is measured.
    """
    everybody = iter(people)
    while some := list(islice(everybody, AT_ONCE)):
        _follow(topic, some, frequency)


def _follow(topic: Topic, known: list[tuple[int, str]], frequency: Frequency) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY subscriptions_subscriber (id, email, address_key, status, language, created_at) FROM STDIN"
        ) as rows:
            for number, email in known:
                rows.write_row((number, email, address_key_of(email), "active", "en", LONG_AGO))
        with cursor.copy(
            "COPY subscriptions_subscription (subscriber_id, topic_id, frequency, started_at) FROM STDIN"
        ) as rows:
            for number, _ in known:
                rows.write_row((number, topic.pk, str(frequency), LONG_AGO))
