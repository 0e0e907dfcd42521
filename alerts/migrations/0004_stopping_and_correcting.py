"""Dispatches can be stopped and corrected: who was told, who is in doubt, what was cancelled, what was withdrawn."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("alerts", "0003_admission"),
    ]

    operations = [
        migrations.AddField("batch", "cancelled", models.IntegerField(db_default=0)),
        migrations.AddField("batch", "ended", models.IntegerField(db_default=0)),
        migrations.AddField("retrytally", "cancelled", models.IntegerField(db_default=0)),
        migrations.AddField("delivery", "doubts", models.SmallIntegerField(db_default=0)),
        migrations.AddField(
            "dispatch",
            "corrects",
            django.contrib.postgres.fields.ArrayField(models.BigIntegerField(), default=list),
        ),
        migrations.AddField("dispatch", "only_told", models.BooleanField(default=False)),
        migrations.AddIndex(
            "dispatch",
            models.Index(
                condition=models.Q(("finished_at", None), ("state__in", ["paused", "cancelled"])),
                fields=["state"],
                name="dispatch_stopped",
            ),
        ),
        migrations.AddField(
            "bulletin",
            "corrects",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="alerts.bulletin",
            ),
        ),
        migrations.AddField("bulletin", "withdrawn_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "bulletin",
            "withdrawn_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("bulletin", "withdrawal_reason", models.CharField(blank=True, max_length=500)),
    ]
