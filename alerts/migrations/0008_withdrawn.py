"""Feeds look for the newest of the few bulletins that were withdrawn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0007_search")]

    operations = [
        migrations.AddIndex(
            "bulletin",
            models.Index(
                condition=models.Q(("status", "withdrawn")),
                fields=["-published_at", "-id"],
                name="bulletin_withdrawn",
            ),
        ),
    ]
