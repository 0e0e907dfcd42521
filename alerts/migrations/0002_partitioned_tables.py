"""Deliveries and digest items are partitioned by the month of their dispatch; alerts.partitions makes the months."""

import django.contrib.postgres.fields
from django.db import migrations, models

DELIVERY = """
CREATE TABLE alerts_delivery (
    dispatch_id bigint NOT NULL,
    recipient_id bigint NOT NULL,
    next_attempt_at timestamptz,
    changed_at timestamptz,
    month date NOT NULL,
    recipient_kind smallint NOT NULL,
    channel smallint NOT NULL,
    lane smallint NOT NULL,
    status smallint NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    topics bigint[] NOT NULL,
    detail varchar(300),
    PRIMARY KEY (month, dispatch_id, recipient_kind, recipient_id, channel)
) PARTITION BY RANGE (month);
-- Empty for all but the few that wait: a row that is sent at once never enters it, so its update stays on its page.
CREATE INDEX delivery_due ON alerts_delivery (lane, channel, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
"""
DIGEST_ITEM = """
CREATE TABLE alerts_digestitem (
    dispatch_id bigint NOT NULL,
    recipient_id bigint NOT NULL,
    bulletin_id bigint NOT NULL,
    month date NOT NULL,
    topics bigint[] NOT NULL,
    PRIMARY KEY (month, dispatch_id, recipient_id, bulletin_id)
) PARTITION BY RANGE (month);
"""


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(DELIVERY, "DROP TABLE alerts_delivery"),
                migrations.RunSQL(DIGEST_ITEM, "DROP TABLE alerts_digestitem"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='Delivery',
                    fields=[
                        ('pk', models.CompositePrimaryKey('month', 'dispatch_id', 'recipient_kind', 'recipient_id', 'channel', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('dispatch_id', models.BigIntegerField()),
                        ('recipient_id', models.BigIntegerField()),
                        ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                        ('next_attempt_at', models.DateTimeField(null=True)),
                        ('changed_at', models.DateTimeField(null=True)),
                        ('month', models.DateField()),
                        ('recipient_kind', models.SmallIntegerField(choices=[(1, 'subscriber'), (2, 'endpoint')])),
                        ('channel', models.SmallIntegerField(choices=[(1, 'e-mail'), (2, 'webhook')])),
                        ('lane', models.SmallIntegerField(choices=[(1, 'emergency'), (2, 'transactional'), (3, 'routine'), (4, 'digest')])),
                        ('status', models.SmallIntegerField(choices=[(0, 'pending'), (1, 'sent'), (2, 'deferred'), (3, 'failed'), (4, 'bounced'), (5, 'complained'), (6, 'skipped'), (7, 'cancelled')])),
                        ('attempts', models.SmallIntegerField()),
                        ('detail', models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        'db_table': 'alerts_delivery',
                    },
                ),
                migrations.CreateModel(
                    name='DigestItem',
                    fields=[
                        ('pk', models.CompositePrimaryKey('month', 'dispatch_id', 'recipient_id', 'bulletin_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('month', models.DateField()),
                        ('dispatch_id', models.BigIntegerField()),
                        ('recipient_id', models.BigIntegerField()),
                        ('bulletin_id', models.BigIntegerField()),
                        ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                    ],
                    options={
                        'db_table': 'alerts_digestitem',
                    },
                ),
            ],
        ),
    ]
