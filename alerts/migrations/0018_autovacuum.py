"""Autovacuum comes by what has changed, not by how large a table has grown (docs/scaling.md, Autovacuum)."""

from django.db import migrations

BUSY = """
ALTER TABLE alerts_turn SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
ALTER TABLE alerts_batch SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
"""
BUSY_UNDO = """
ALTER TABLE alerts_turn RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE alerts_batch RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
"""
# The months that there are; alerts.partitions gives the later ones the same.
MONTHS = """
DO $$
DECLARE month regclass;
BEGIN
    FOR month IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'alerts_delivery'::regclass LOOP
        EXECUTE 'ALTER TABLE ' || month || ' {change}';
    END LOOP;
END $$
"""
SET = "SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 50000)"
RESET = "RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)"


class Migration(migrations.Migration):
    dependencies = [("alerts", "0017_dispatch_recent")]

    operations = [
        migrations.RunSQL(BUSY, BUSY_UNDO),
        migrations.RunSQL(MONTHS.format(change=SET), MONTHS.format(change=RESET)),
    ]
