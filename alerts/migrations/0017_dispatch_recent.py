"""The last results of agencies, without sorting all that they ever sent."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index made beside what is being sent

    dependencies = [("alerts", "0016_settled_token")]

    operations = [
        AddIndexConcurrently(
            "dispatch",
            models.Index(
                fields=["-cut_off", "-id"],
                condition=models.Q(("bulletin__isnull", False)),
                name="dispatch_recent",
            ),
        ),
    ]
