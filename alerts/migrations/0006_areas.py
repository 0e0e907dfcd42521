"""Bulletins are about places, and a dispatch keeps which it was published for."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0005_probe"), ("subscriptions", "0005_places")]

    operations = [
        migrations.CreateModel(
            name="BulletinArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "bulletin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="area_links", to="alerts.bulletin"
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bulletin_links",
                        to="subscriptions.place",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            "bulletin",
            "areas",
            models.ManyToManyField(related_name="bulletins", through="alerts.BulletinArea", to="subscriptions.place"),
        ),
        migrations.AddConstraint(
            "bulletinarea",
            models.UniqueConstraint(fields=("bulletin", "place"), name="area_once_per_bulletin"),
        ),
        migrations.AddField(
            "dispatch",
            "areas",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
    ]
