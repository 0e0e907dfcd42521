"""The outbox has few rows that wait, each claimed and recorded: autovacuum comes to it early."""

from django.db import migrations

SET = "ALTER TABLE subscriptions_outboxmessage SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500)"
RESET = "ALTER TABLE subscriptions_outboxmessage RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)"


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0016_kept_for_a_while")]

    operations = [migrations.RunSQL(SET, RESET)]
