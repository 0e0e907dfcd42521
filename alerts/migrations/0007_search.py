"""What search looks into: the tables, and in sql/ the functions and triggers that keep them.

unaccent is a trusted extension, as is pg_trgm, which the places brought: the database's owner may create them without
being a superuser.
"""

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
FORGET_WORDS = """
DROP FUNCTION search_correct(text, boolean), search_learn(text), search_query(text);
DROP FUNCTION search_texts(text, text, text, jsonb, "char", "char");
DROP AGGREGATE search_sum(tsvector);
DROP FUNCTION search_words(text, text, "char"), search_stem(text, text), search_stemmer(text), search_stemmable(text, text), search_plain(text);
"""
FORGET_ENTRIES = """
DROP FUNCTION search_agency_changed(), search_category_changed(), search_topic_changed(), search_bulletin_changed(),
    search_bulletins_part_changed(), search_alert_made() CASCADE;
DROP FUNCTION search_refresh_agencies(bigint[]), search_refresh_topics(bigint[]), search_refresh_archive(bigint[]);
DROP FUNCTION search_is_for_all(bigint), search_learn_categories(bigint[]), search_subjects(bigint[]),
    search_bulletins(text, integer);
"""


def statements(name):
    return (SQL / name).read_text(encoding="utf-8")



class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0003_translations'),
        ('alerts', '0006_areas'),
        ('subscriptions', '0008_manage_and_leave'),
    ]

    operations = [
        UnaccentExtension(),
        migrations.CreateModel(
            name='AgencyEntry',
            fields=[
                ('agency', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='entry', serialize=False, to='agencies.agency')),
                ('words', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='agency_words')],
            },
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.CharField(max_length=40)),
            ],
            options={
                'indexes': [models.Index(fields=['word'], name='search_word'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('word', name='gin_trgm_ops'), name='search_word_trigrams')],
            },
        ),
        migrations.CreateModel(
            name='TopicEntry',
            fields=[
                ('topic', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='entry', serialize=False, to='subscriptions.topic')),
                ('words', django.contrib.postgres.search.SearchVectorField()),
                ('followers', models.PositiveIntegerField(db_default=0, default=0)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='topic_words'), models.Index(condition=models.Q(('followers__gt', 0)), fields=['-followers', 'topic'], name='topic_popular')],
            },
        ),
        migrations.CreateModel(
            name='ArchiveEntry',
            fields=[
                ('bulletin', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='entry', serialize=False, to='alerts.bulletin')),
                ('published_at', models.DateTimeField()),
                ('is_alert', models.BooleanField()),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=35), size=None)),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('subjects', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('words', django.contrib.postgres.search.SearchVectorField()),
                ('agency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='agencies.agency')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='archive_words'), django.contrib.postgres.indexes.GinIndex(fields=['topics', 'subjects', 'languages'], name='archive_facets'), models.Index(fields=['-published_at', '-bulletin'], name='archive_recent'), models.Index(fields=['agency', '-published_at', '-bulletin'], name='archive_agency_recent'), models.Index(condition=models.Q(('is_alert', True)), fields=['-published_at', '-bulletin'], name='archive_alerts_recent')],
            },
        ),
        migrations.CreateModel(
            name='Chore',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('done_at', models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(statements("search_words.sql"), FORGET_WORDS),
        migrations.RunSQL(statements("search_entries.sql"), FORGET_ENTRIES),
    ]
