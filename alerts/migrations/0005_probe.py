"""The last probe of each queue."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0004_stopping_and_correcting")]

    operations = [
        migrations.CreateModel(
            name="Probe",
            fields=[
                ("queue", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("failures", models.IntegerField(default=0)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("latency", models.FloatField(null=True)),
            ],
        ),
    ]
