"""Fills the database of the scale benchmark: agencies, topics, subscribers, subscriptions, all made by SQL.

What is measured is reading, so loading may take short cuts that production never does: indexes are made after the rows,
foreign keys are not checked (every row is made from existing ids), and addresses are hashed without the key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from django.db import connection, transaction

from agencies.models import Agency, Membership, Role, User
from govnotify.lib.database import query
from subscriptions.models import Topic

SHARE = 0.2  # of everybody follows the largest topic
SKEW = 0.9  # the topic of rank r has the largest's audience divided by r to this power
SEED = 0.25  # of PostgreSQL's random(): two runs have the same country

SUBSCRIBERS = """
INSERT INTO subscriptions_subscriber (id, email, address_key, status, language, created_at)
SELECT n, 'person' || n || '@people.example', sha256(('person' || n || '@people.example')::bytea), 'active',
       (ARRAY['en', 'en', 'en', 'fr', 'uk'])[1 + n %% 5], '2026-01-01'
FROM generate_series(1, %(subscribers)s) AS n
"""
# The followers of a topic are spread evenly: of each stretch of ids one, at random, so nobody is drawn twice.
SUBSCRIPTIONS = """
INSERT INTO subscriptions_subscription (subscriber_id, topic_id, frequency, started_at)
SELECT 1 + (floor(i * t.stretch) + floor(random() * (floor((i + 1) * t.stretch) - floor(i * t.stretch))))::bigint,
       t.topic_id,
       CASE WHEN random() < 0.8 THEN 'immediate' WHEN random() < 0.75 THEN 'daily' ELSE 'weekly' END, '2026-01-01'
FROM unnest(%(topics)s::bigint[], %(sizes)s::bigint[], %(stretches)s::float8[]) AS t(topic_id, size, stretch)
CROSS JOIN LATERAL generate_series(0, t.size - 1) AS i
"""
INDEXES = """
SELECT quote_ident(indexrelid::regclass::text), pg_get_indexdef(indexrelid), c.conname, pg_get_constraintdef(c.oid)
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
WHERE i.indrelid = %(table)s::regclass AND NOT i.indisprimary
"""


def fill(subscribers: int, agencies: int, topics: int) -> tuple[list[Topic], list[int], User]:
    """The topics with the largest first, their numbers of followers, and a publisher of every agency."""
    made, publisher = _agencies_and_topics(agencies, topics)
    sizes = [ceil(subscribers * SHARE / rank**SKEW) for rank in range(1, topics + 1)]
    with bulk_load("subscriptions_subscriber"):
        query(SUBSCRIBERS, {"subscribers": subscribers})
    with bulk_load("subscriptions_subscription"):
        query("SELECT setseed(%(seed)s)", {"seed": SEED})
        values = {
            "topics": [topic.pk for topic in made],
            "sizes": sizes,
            "stretches": [subscribers / size for size in sizes],
        }
        query(SUBSCRIPTIONS, values)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    return made, sizes, publisher


def _agencies_and_topics(agencies: int, topics: int) -> tuple[list[Topic], User]:
    bodies = Agency.objects.bulk_create(
        Agency(
            slug=f"agency-{n}", name=f"Agency {n}", from_address=f"news@agency{n}.example",
            reply_address=f"desk@agency{n}.example", postal_address=f"{n} Quay, Arnhill",
        )
        for n in range(1, agencies + 1)
    )  # fmt: skip
    publisher = User.objects.create_user("editor@agencies.example", name="Editor")
    Membership.objects.bulk_create(Membership(user=publisher, agency=body, role=Role.PUBLISHER) for body in bodies)
    return Topic.objects.bulk_create(
        Topic(agency=bodies[n % agencies], slug=f"topic-{n}", name=f"Topic {n}") for n in range(topics)
    ), publisher


@contextmanager
def bulk_load(table: str) -> Iterator[None]:
    """Indexes and uniqueness of `table` are taken off and put back; foreign keys are not looked at."""
    indexes = query(INDEXES, {"table": table})
    with transaction.atomic():
        query("SET LOCAL session_replication_role = replica", {})
        for index, _, constraint, _ in indexes:
            query(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"' if constraint else f"DROP INDEX {index}", {})
        yield
        for _, definition, constraint, rule in indexes:
            query(f'ALTER TABLE {table} ADD CONSTRAINT "{constraint}" {rule}' if constraint else definition, {})
