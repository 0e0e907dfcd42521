"""The free text is gone, in a transaction of its own: PostgreSQL alters no table whose rows were changed in the same one."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ('subscriptions', '0006_category'),
    ]

    operations = [
        migrations.RemoveField('topic', 'category_text'),
    ]
