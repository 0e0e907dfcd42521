"""Whoever changes to an address that has subscriptions of its own is joined with it, where that was refused before."""

import django.db.models.deletion
from django.db import migrations, models

KINDS = [
    ("confirm", "Confirm"),
    ("already_subscribed", "Already Subscribed"),
    ("signin", "Sign In"),
    ("address_confirm", "Address Confirm"),
    ("address_notice", "Address Notice"),
]


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0010_topics_to_choose")]

    operations = [
        migrations.AddField(
            "subscriber",
            "joined_to",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="joined",
                to="subscriptions.subscriber",
            ),
        ),
        migrations.AddIndex(
            "subscriber",
            models.Index(
                condition=models.Q(("joined_to__isnull", False)), fields=["joined_to"], name="subscriber_joined"
            ),
        ),
        migrations.AddField("addresschange", "joined", models.JSONField(null=True)),
        migrations.AlterField("outboxmessage", "kind", models.CharField(choices=KINDS, max_length=20)),
        migrations.RunSQL(
            "UPDATE subscriptions_outboxmessage SET kind = 'address_confirm' WHERE kind = 'address_taken'",
            migrations.RunSQL.noop,
        ),
    ]
