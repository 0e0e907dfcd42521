"""Destinations and their allowances; batches, deliveries and turns know by which destination they are limited."""

import django.db.models.deletion
from django.db import migrations, models

# A destination's retries are read apart from the others', so that those that must wait stand before nobody.
DUE = """
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON alerts_delivery (lane, channel, destination, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
"""
DUE_BEFORE = """
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON alerts_delivery (lane, channel, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0002_partitioned_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Allowance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.SmallIntegerField(choices=[(1, 'emergency'), (2, 'transactional'), (3, 'routine'), (4, 'digest')])),
                ('rate', models.FloatField(null=True)),
                ('free_at', models.DateTimeField()),
                ('held_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Destination',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='DestinationDomain',
            fields=[
                ('domain', models.CharField(max_length=253, primary_key=True, serialize=False)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='turn',
            name='turn_once',
        ),
        migrations.RemoveIndex(
            model_name='batch',
            name='batch_open',
        ),
        migrations.AddField(
            model_name='batch',
            name='destination',
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='delivery',
            name='destination',
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='turn',
            name='destination',
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='turn',
            name='expanded_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='turn',
            name='served_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('done_at', None)), fields=['lane', 'channel', 'destination', 'agency_id', 'id'], name='batch_waiting'),
        ),
        migrations.AddConstraint(
            model_name='turn',
            constraint=models.UniqueConstraint(fields=('lane', 'channel', 'destination', 'agency_id'), name='turn_of_agency'),
        ),
        migrations.AddField(
            model_name='allowance',
            name='destination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='allowances', to='alerts.destination'),
        ),
        migrations.AddField(
            model_name='destinationdomain',
            name='destination',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domains', to='alerts.destination'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.UniqueConstraint(fields=('lane', 'destination'), name='allowance_once'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.CheckConstraint(condition=models.Q(('rate', None), ('rate__gt', 0), _connector='OR'), name='allowance_is_positive'),
        ),
        migrations.RunSQL(DUE, DUE_BEFORE),
    ]
