"""Who takes a batch over hears when the one before has recorded all that it had in hand."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0015_alerts_found")]

    operations = [migrations.AddField("batch", "settled_token", models.IntegerField(db_default=0))]
