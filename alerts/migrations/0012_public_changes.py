"""Web processes that keep public pages are told in the moment when what these show was committed.

The rows that search looks into change with everything that everybody may read; how many follow a topic does not count.
"""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION public_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY public_changes;
    RETURN NULL;
END $$;
CREATE TRIGGER public_changed AFTER INSERT OR UPDATE OR DELETE ON alerts_archiveentry
    FOR EACH ROW EXECUTE FUNCTION public_changed();
CREATE TRIGGER public_changed AFTER INSERT OR UPDATE OF words OR DELETE ON alerts_topicentry
    FOR EACH ROW EXECUTE FUNCTION public_changed();
CREATE TRIGGER public_changed AFTER INSERT OR UPDATE OR DELETE ON alerts_agencyentry
    FOR EACH ROW EXECUTE FUNCTION public_changed();
"""


class Migration(migrations.Migration):
    dependencies = [("alerts", "0011_reading_times_and_urgent")]

    operations = [migrations.RunSQL(TRIGGERS, "DROP FUNCTION public_changed() CASCADE")]
