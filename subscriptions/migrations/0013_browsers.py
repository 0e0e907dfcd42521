"""Browsers that listen by Web Push."""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0012_reading_times'),
    ]

    operations = [
        migrations.CreateModel(
            name='BrowserConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('browser_id', models.BigIntegerField(db_index=True)),
                ('subject', models.BigIntegerField()),
                ('act', models.CharField(choices=[('given', 'Given'), ('withdrawn', 'Withdrawn')], max_length=9)),
                ('way', models.CharField(choices=[('confirmed', 'Confirmed'), ('managed', 'Managed'), ('moved', 'Moved'), ('gone', 'Gone'), ('expired', 'Expired')], max_length=9)),
                ('page', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Browser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.CharField(max_length=2000)),
                ('endpoint_key', models.BinaryField(max_length=32, unique=True)),
                ('host', models.CharField(max_length=253)),
                ('sealed_keys', models.TextField()),
                ('vapid_key_id', models.CharField(max_length=16)),
                ('language', models.CharField(max_length=35)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('welcomed', 'Welcomed'), ('active', 'Active')], default='pending', max_length=8)),
                ('replaces', models.BigIntegerField(null=True)),
                ('welcome_at', models.DateTimeField(null=True)),
                ('welcomes', models.SmallIntegerField(default=0)),
                ('asked_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status', 'active'), _negated=True), fields=['status'], name='browser_unanswered'), models.Index(condition=models.Q(('status', 'active')), fields=['host'], name='browser_service')],
            },
        ),
        migrations.CreateModel(
            name='BrowserSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('topic_id', 0), output_field=models.BigIntegerField())),
                ('started_at', models.DateTimeField()),
                ('browser', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='subscriptions.browser')),
                ('topic', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='subscriptions.topic')),
            ],
            options={
                'indexes': [models.Index(fields=['subject', 'browser'], include=('started_at',), name='audience_browsers')],
                'constraints': [models.UniqueConstraint(fields=('browser', 'subject'), name='browser_subscription_once')],
            },
        ),
    ]
