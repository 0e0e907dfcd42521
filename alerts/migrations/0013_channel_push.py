"""Browsers are recipients, and push is a channel. No table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0012_public_changes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='batch',
            name='channel',
            field=models.SmallIntegerField(choices=[(1, 'e-mail'), (2, 'webhook'), (3, 'push')]),
        ),
        migrations.AlterField(
            model_name='batch',
            name='kind',
            field=models.SmallIntegerField(choices=[(1, 'subscriber'), (2, 'endpoint'), (3, 'browser')]),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='channel',
            field=models.SmallIntegerField(choices=[(1, 'e-mail'), (2, 'webhook'), (3, 'push')]),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='recipient_kind',
            field=models.SmallIntegerField(choices=[(1, 'subscriber'), (2, 'endpoint'), (3, 'browser')]),
        ),
        migrations.AlterField(
            model_name='retrytally',
            name='channel',
            field=models.SmallIntegerField(choices=[(1, 'e-mail'), (2, 'webhook'), (3, 'push')]),
        ),
        migrations.AlterField(
            model_name='slice',
            name='kind',
            field=models.SmallIntegerField(choices=[(1, 'subscriber'), (2, 'endpoint'), (3, 'browser')]),
        ),
        migrations.AlterField(
            model_name='turn',
            name='channel',
            field=models.SmallIntegerField(choices=[(1, 'e-mail'), (2, 'webhook'), (3, 'push')]),
        ),
    ]
