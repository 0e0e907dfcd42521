"""Which alerts hold now, and what updates or cancels an alert, without reading all alerts."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0014_public_time_zones")]

    operations = [
        migrations.AddIndex("alert", models.Index(fields=["expires"], name="alert_expires")),
        migrations.AddIndex("alert", GinIndex(OpClass("references", name="jsonb_path_ops"), name="alert_references")),
    ]
