"""The places that browsers chose."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0014_browser_expiry")]

    operations = [
        migrations.CreateModel(
            name="BrowserArea",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "browser_id", "place_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "browser",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="area_links",
                        to="subscriptions.browser",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.place",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            "place",
            "browsers",
            models.ManyToManyField(
                related_name="areas", through="subscriptions.BrowserArea", to="subscriptions.browser"
            ),
        ),
    ]
