"""An agency's clocks; without a zone of its own they are the platform's, as before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agencies", "0006_language_of_staff")]

    operations = [
        migrations.AddField("agency", "time_zone", models.CharField(blank=True, default="", max_length=64)),
    ]
