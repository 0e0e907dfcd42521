"""Who reads what in the digest benchmark: 300 topics with a skew, N people, a day's 60 bulletins."""

import random
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from agencies.models import Agency, Membership, Role, User
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.digests import PERIODS
from alerts.engine.fanout import expand_next
from alerts.lanes import Channel, Lane
from alerts.models import Batch
from subscriptions.address_key import address_key_of
from subscriptions.models import Timetable, Topic

TOPICS, AGENCIES, BULLETINS = 300, 20, 60
NEWSY = 45  # topics with a bulletin of their own; the other bulletins are on two or three topics
SKEW = 0.9  # exponent of Zipf's law: the most popular topic is followed by a good fifth of the people
AT_ONCE = 0.15  # of the subscriptions: these people have had some of the news already
LANGUAGES, SHARES = ("en", "es", "fr", "uk"), (80, 12, 5, 3)
# Of people by number of topics, from one to twelve.
HOW_MANY = (22, 18, 14, 11, 9, 7, 5, 4, 3, 3, 2, 2)
BODY = """The river has risen by {n} cm since the last report, and it goes on rising. **No road is closed** at present.

- Keep away from the banks, and keep children and animals in sight.
- Move what you keep in a cellar to a higher floor.

"""


def settle(recipients: int, seed: int = 1, own_hour: float = 0.0) -> None:
    """Fill the database: everybody reads daily about at least one thing that was in the news. About 4.3 topics each.

    `own_hour` of them have chosen when to read, a month ago: the same hour, as that of a country's one zone.
    """
    draw = random.Random(seed)  # noqa: S311  no secret
    agencies = [_agency(number) for number in range(AGENCIES)]
    topics = [
        Topic.objects.create(agency=agencies[number % AGENCIES], slug=f"topic-{number}", name=f"Topic {number}")
        for number in range(TOPICS)
    ]
    newsy = topics[:NEWSY]
    _people(recipients, draw, [topic.pk for topic in newsy], [topic.pk for topic in topics])
    if own_hour:
        _own_hours(recipients, own_hour)
    editor = User.objects.create_user("editor@office.example", name="Editor")
    Membership.objects.bulk_create(Membership(user=editor, agency=one, role=Role.PUBLISHER) for one in agencies)
    for number in range(BULLETINS):
        _publish(number, [topics[number]] if number < NEWSY else _several(number, topics, draw), editor)
    _send_at_once()


def _several(number: int, topics: Sequence[Topic], draw: random.Random) -> list[Topic]:
    """Two or three topics of one agency, the popular ones more often."""
    own = topics[number % AGENCIES :: AGENCIES]
    return sorted(draw.sample(own[:6], draw.choice((2, 2, 3))), key=lambda topic: topic.pk)


def _publish(number: int, topics: list[Topic], editor: User) -> None:
    texts = [
        VariantText(language=language, title=f"Water level {number} of the river Arn", body=BODY.format(n=number) * 3)
        for language in LANGUAGES[: 1 + number % len(LANGUAGES)]
    ]
    bulletin = create_bulletin(agency=topics[0].agency, topics=topics, variants=texts, author=editor)
    publish_bulletin(bulletin=bulletin, publisher=editor)


def _send_at_once() -> None:
    """The rows of the day's routine dispatches; that they are with the mail server is noted, not done."""
    while expand_next(Lane.ROUTINE, Channel.EMAIL):
        Batch.objects.all().delete()  # none waits, so the next slice's turn has come
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET status = 1, attempts = 1")


def _people(recipients: int, draw: random.Random, newsy: list[int], topics: list[int]) -> None:
    weights = [1 / (rank + 1) ** SKEW for rank in range(len(topics))]
    counts = draw.choices(range(len(HOW_MANY)), HOW_MANY, k=recipients)
    firsts = draw.choices(newsy, weights[: len(newsy)], k=recipients)
    languages = draw.choices(LANGUAGES, SHARES, k=recipients)
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY subscriptions_subscriber (id, email, address_key, status, language, created_at) FROM STDIN"
        ) as rows:
            for number, language in enumerate(languages, start=1):
                email = f"person{number}@people.example"
                rows.write_row((number, email, address_key_of(email), "active", language, "2026-01-01"))
        with cursor.copy(
            "COPY subscriptions_subscription (subscriber_id, topic_id, frequency, started_at) FROM STDIN"
        ) as rows:
            for number, (first, more) in enumerate(zip(firsts, counts, strict=True), start=1):
                rows.write_row((number, first, "daily", "2026-01-01"))
                for topic in set(draw.choices(topics, weights, k=more)) - {first}:
                    frequency = "immediate" if draw.random() < AT_ONCE else "daily"
                    rows.write_row((number, topic, frequency, "2026-01-01"))


def _own_hours(recipients: int, share: float) -> None:
    ago = timezone.now() - timedelta(days=30)
    tables = [
        Timetable.objects.create(
            period=period, zone=zone, hour=7 if zone else 0, weekday=0, through=timezone.now() - since, next_at=ago
        )
        for zone in ("", "Europe/Paris")
        for period, since in PERIODS.items()
    ]
    daily, weekly = (table.pk for table in tables[2:])
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO subscriptions_readingtime
                   (subscriber_id, daily_id, weekly_id, from_at, daily_since, weekly_since)
               SELECT id, %s, %s, %s, %s, %s FROM subscriptions_subscriber WHERE id <= %s""",
            [daily, weekly, ago, ago, ago, round(recipients * share)],
        )


def _agency(number: int) -> Agency:
    return Agency.objects.create(
        slug=f"office-{number}", name=f"Office {number}", from_address=f"news@office-{number}.example",
        reply_address=f"desk@office-{number}.example", postal_address="1 Quay, Arnhill",
    )  # fmt: skip
