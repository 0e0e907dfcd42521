"""Open batches by lane and by dispatch, neither index read from end to end for the other (alerts.models.Batch)."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index made beside what is being sent

    dependencies = [("alerts", "0018_autovacuum")]

    operations = [
        AddIndexConcurrently(
            "batch",
            models.Index(
                fields=["lane", "channel", "destination", "agency_id", "id"],
                condition=models.Q(("done_at", None), ("lane__gt", 0)),
                name="batch_to_claim",
            ),
        ),
        RemoveIndexConcurrently("batch", "batch_waiting"),
        RemoveIndexConcurrently("batch", "batch_open_of_dispatch"),
        AddIndexConcurrently(
            "batch",
            models.Index(
                fields=["dispatch", "id"],
                condition=models.Q(("dispatch__gt", 0), ("done_at", None)),
                name="batch_open_of_dispatch",
            ),
        ),
    ]
