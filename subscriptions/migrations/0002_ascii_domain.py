"""The A-labels of domains that were typed in other letters, also of those that are known already."""

from django.db import migrations, models

from channels.address import parse_address


def spell_domains(apps, schema_editor):
    subscribers = apps.get_model('subscriptions', 'Subscriber').objects.filter(email__regex=r'@.*[^\x01-\x7f]')
    for subscriber in subscribers.iterator():
        subscriber.ascii_domain = parse_address(subscriber.email, allow_special_domains=True).domain
        subscriber.save(update_fields=['ascii_domain'])


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='subscriber',
            name='ascii_domain',
            field=models.CharField(max_length=253, null=True),
        ),
        migrations.RunPython(spell_domains, migrations.RunPython.noop),
    ]
