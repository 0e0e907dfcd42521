"""Open slices by lane, in an index that is not read from end to end for those of one dispatch (alerts.models.Slice).

Processes from before this migration name no lane: they read all slices for those that are open until they are replaced.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index made beside what is being sent

    dependencies = [("alerts", "0019_open_batches")]

    operations = [
        AddIndexConcurrently(
            "slice",
            models.Index(
                fields=["lane", "kind", "agency_id", "id"],
                condition=models.Q(("expanded_at", None), ("lane__gt", 0)),
                name="slice_to_expand",
            ),
        ),
        RemoveIndexConcurrently("slice", "slice_open"),
    ]
