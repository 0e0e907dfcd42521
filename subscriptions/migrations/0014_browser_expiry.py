"""Housekeeping looks for browsers whose own time is over."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0013_browsers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='browser',
            index=models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='browser_expiry'),
        ),
    ]
