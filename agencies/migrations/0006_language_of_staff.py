from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agencies", "0005_embed_sites")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(blank=True, default="", max_length=35),
        ),
    ]
