"""The register of places, and the places that people choose. pg_trgm is a trusted extension: its owner may make it."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import govnotify.lib.translated


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0004_topic_translations")]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "translations",
                    models.JSONField(
                        blank=True, default=dict, validators=[govnotify.lib.translated.check_translations]
                    ),
                ),
                ("code", models.CharField(max_length=60, unique=True)),
                ("scheme", models.CharField(max_length=60)),
                (
                    "geocodes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=121), default=list, size=None
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("country", "Country"),
                            ("region", "Region"),
                            ("county", "County"),
                            ("municipality", "Town or municipality"),
                            ("district", "District"),
                            ("locality", "Locality"),
                            ("zone", "Warning zone"),
                        ],
                        max_length=12,
                    ),
                ),
                ("path", models.CharField(default="/", max_length=200)),
                ("geometry", models.JSONField(null=True)),
                (
                    "bounds",
                    django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), null=True, size=4),
                ),
                ("search_text", models.TextField(default="")),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="subscriptions.place",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SubscriberArea",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subscriber_id", "place_id", blank=True, editable=False, primary_key=True, serialize=False
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
                (
                    "subscriber",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="area_links",
                        to="subscriptions.subscriber",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            "place",
            "subscribers",
            models.ManyToManyField(
                related_name="areas", through="subscriptions.SubscriberArea", to="subscriptions.subscriber"
            ),
        ),
        migrations.AddField(
            "signup",
            "areas",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.AddIndex(
            "place",
            models.Index(
                django.contrib.postgres.indexes.OpClass("path", name="varchar_pattern_ops"), name="place_path"
            ),
        ),
        migrations.AddIndex(
            "place", django.contrib.postgres.indexes.GinIndex(fields=["geocodes"], name="place_geocodes")
        ),
        migrations.AddIndex(
            "place",
            django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("search_text", name="gin_trgm_ops"), name="place_search"
            ),
        ),
    ]
