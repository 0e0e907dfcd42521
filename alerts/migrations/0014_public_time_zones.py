"""Kept public pages are dropped when an agency gets other clocks, by which all their times are."""

from django.db import migrations

TRIGGER = """
CREATE TRIGGER public_changed AFTER UPDATE ON agencies_agency FOR EACH ROW
    WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION public_changed();
"""


class Migration(migrations.Migration):
    dependencies = [("agencies", "0007_time_zone"), ("alerts", "0013_channel_push")]

    operations = [migrations.RunSQL(TRIGGER, "DROP TRIGGER public_changed ON agencies_agency")]
