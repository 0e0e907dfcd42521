"""The archive can be read by places; what search finds by other languages' words grows with it."""

import re
from pathlib import Path

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
FORGET = """
DROP TRIGGER search_moved ON subscriptions_place;
DROP TRIGGER search_new ON alerts_bulletinarea;
DROP TRIGGER search_gone ON alerts_bulletinarea;
DROP FUNCTION search_place_moved(), search_places_changed();
"""


def statements(name):
    return (SQL / name).read_text(encoding="utf-8")


def as_before():
    """The two functions as migration 7 made them; then nothing needs the places any more."""
    refresh = re.search(r"CREATE FUNCTION search_refresh_archive.*?END \$\$;", statements("search_entries.sql"), re.S)
    stem = re.search(r"CREATE FUNCTION search_stemmable.*?ELSE plain END;", statements("search_words.sql"), re.S)
    made = "\n".join(found[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1) for found in (refresh, stem))
    return f"{FORGET}{made}\nDROP FUNCTION search_areas(bigint), search_around(bigint);"


class Migration(migrations.Migration):
    dependencies = [("alerts", "0009_event_per_language"), ("subscriptions", "0010_topics_to_choose")]

    operations = [
        migrations.AddField("archiveentry", "areas", ArrayField(models.BigIntegerField(), default=list, size=None)),
        migrations.AddField("archiveentry", "around", ArrayField(models.BigIntegerField(), default=list, size=None)),
        migrations.RunSQL(statements("search_areas.sql"), as_before()),
        migrations.AddIndex("archiveentry", GinIndex(fields=["areas", "around"], name="archive_areas")),
    ]
