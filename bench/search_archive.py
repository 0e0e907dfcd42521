"""Fills the archive of the search benchmark by SQL: agencies, a tree of subjects, topics, bulletins in two languages.

What is measured is reading, so the rows come without the triggers, and their entries after them, by the triggers' own
function.
"""

import time
from collections.abc import Iterable
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402  what follows needs the set-up
from django.db import connection, transaction  # noqa: E402

from agencies.models import Agency  # noqa: E402
from govnotify.lib.database import query  # noqa: E402
from subscriptions.models import Category, Topic  # noqa: E402

AT_ONCE = 1_000  # bulletins whose entries are made in one call
SEED = 0.25  # of PostgreSQL's random(): two runs have the same archive
RELATIONS = ["alerts_archiveentry", "archive_words", "archive_facets", "archive_recent", "search_word_trigrams"]
SYLLABLES = "babebibobudadedidofafefogagokakekikolalelilolumamemimonanenopa"  # 31 of two letters

# A word is three of the syllables; the fourth power makes few of the words common and most of them rare.
WORDS = """
CREATE FUNCTION pg_temp.say(words int) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT string_agg(
        substr(s, 1 + 2 * (k / 961), 2) || substr(s, 1 + 2 * (k / 31 % 31), 2) || substr(s, 1 + 2 * (k % 31), 2), ' '
    )
    FROM (
        SELECT floor(power(random(), 4) * 29791)::int AS k, '{syllables}' AS s FROM generate_series(1, words)
    ) AS spoken
$$
"""
BULLETINS = """
INSERT INTO alerts_bulletin (id, agency_id, status, created_at, edited_at, published_at, withdrawal_reason)
SELECT n, 1 + floor(power(random(), 3) * %(agencies)s)::int, 'published', moment, moment, moment, ''
FROM generate_series(1, %(bulletins)s) n, LATERAL (SELECT now() - n * interval '7 minutes' AS moment) m;
INSERT INTO alerts_bulletintopic (bulletin_id, topic_id, position)
SELECT n, 1 + (floor(power(random(), 3) * 997)::int * 20 + n %% 20), 0 FROM generate_series(1, %(bulletins)s) n;
INSERT INTO alerts_bulletinvariant (bulletin_id, language, title, summary, body, body_format, html, instruction, event)
SELECT n, language, initcap(pg_temp.say(6)), pg_temp.say(12), pg_temp.say(42), 'markdown', '', '', ''
FROM generate_series(1, %(bulletins)s) n, unnest(ARRAY['en', CASE WHEN n %% 200 = 0 THEN 'ar' ELSE 'ro' END]) language;
"""


def fill(bulletins: int, agencies: int, topics: int) -> dict[str, object]:
    """All of it. Answers what the entries cost and how large their indexes are."""
    call_command("migrate", verbosity=0, interactive=False)
    values = {"agencies": agencies, "topics": topics, "bulletins": bulletins}
    with transaction.atomic():
        query("SELECT setseed(%(seed)s)", {"seed": SEED})
        with connection.cursor() as cursor:
            cursor.execute(WORDS.format(syllables=SYLLABLES))
        query("SET LOCAL session_replication_role = replica", {})
        _country(agencies, topics)
        for statement in BULLETINS.split(";"):
            if statement.strip():
                query(statement, values)
    started = time.perf_counter()
    query("SELECT search_refresh_agencies(array_agg(id)) FROM agencies_agency", {})
    query("SELECT search_refresh_topics(array_agg(id)) FROM subscriptions_topic", {})
    chosen = time.perf_counter()
    index = query("SELECT pg_get_indexdef('archive_words'::regclass)", {})[0][0]
    query("DROP INDEX archive_words", {})  # it is made faster at once than row by row
    for first in range(1, bulletins - AT_ONCE + 1, AT_ONCE):
        _entries(first, min(first + AT_ONCE, bulletins - AT_ONCE + 1))
    query(index, {})
    filled = time.perf_counter()
    for bulletin in range(bulletins - AT_ONCE + 1, bulletins + 1):  # as publishing does it, one by one
        _entries(bulletin, bulletin + 1)
    done = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    sizes = query(
        "SELECT relname, pg_relation_size(oid) / 1048576 FROM pg_class WHERE relname = ANY(%(names)s)",
        {"names": RELATIONS},
    )
    return {
        "agencies": agencies,
        "topics": topics,
        "bulletins": bulletins,
        "variants": 2 * bulletins,
        "topic_entry_ms": round((chosen - started) * 1_000 / topics, 3),
        "bulletin_entry_ms": round((done - filled) * 1_000 / AT_ONCE, 3),
        "all_entries_s": round(filled - chosen),
        "megabytes": dict(sizes),
    }


def _entries(first: int, end: int) -> None:
    """Those of the bulletins from `first` to before `end`."""
    ids = "SELECT search_refresh_archive(array_agg(n)) FROM generate_series(%(first)s::bigint, %(last)s) n"
    query(ids, {"first": first, "last": end - 1})


def _country(agencies: int, topics: int) -> None:
    """Ids count from 1; of the sixty subjects ten are roots, and every fiftieth topic is internal."""
    Agency.objects.bulk_create(
        Agency(pk=n, slug=f"agency-{n}", name=name, description=more) for n, (name, more) in _texts(agencies)
    )
    for n, (name, _) in _texts(60):
        Category.objects.create(pk=n, slug=f"subject-{n}", name=name, parent_id=1 + (n - 11) // 5 if n > 10 else None)
    Topic.objects.bulk_create(
        Topic(
            pk=n, agency_id=1 + n % agencies, slug=f"topic-{n}", name=name, description=more, category_id=1 + n % 60,
            is_public=n % 50 != 0,
        )
        for n, (name, more) in _texts(topics)
    )  # fmt: skip


def _texts(number: int) -> Iterable[tuple[int, tuple[Any, ...]]]:
    """So many names and descriptions, with their numbers."""
    said = "SELECT initcap(pg_temp.say(3)), pg_temp.say(12) FROM generate_series(1, %(number)s)"
    return enumerate(query(said, {"number": number}), start=1)
