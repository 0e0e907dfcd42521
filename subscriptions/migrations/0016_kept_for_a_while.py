"""Indexes of what is kept for a while, so that forgetting it reads nothing else."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # made beside people who subscribe

    dependencies = [("subscriptions", "0015_browser_areas")]

    operations = [
        AddIndexConcurrently(
            "subscriber", models.Index(fields=["created_at"], name="subscriber_pending", condition=Q(status="pending"))
        ),
        AddIndexConcurrently(
            "subscriber",
            models.Index(fields=["ended_at"], name="subscriber_left", condition=Q(status="ended") & ~Q(email="")),
        ),
        AddIndexConcurrently(
            "signup", models.Index(fields=["created_at"], name="sign_up_waiting", condition=Q(confirmed_at=None))
        ),
        AddIndexConcurrently(
            "addresschange",
            models.Index(fields=["requested_at"], name="address_change_kept", condition=~Q(new_email="")),
        ),
    ]
