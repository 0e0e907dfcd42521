"""Topics' free text "category" becomes a tree of categories; each text that was in use is one."""

import django.db.models.deletion
import govnotify.lib.translated
from django.db import migrations, models
from django.utils.text import slugify


def texts_to_categories(apps, schema_editor):
    Topic, Category = apps.get_model("subscriptions", "Topic"), apps.get_model("subscriptions", "Category")
    texts = Topic.objects.exclude(category_text="").order_by("category_text")
    taken = set()
    for text in texts.values_list("category_text", flat=True).distinct():
        slug = base = slugify(text)[:60] or "subject"
        number = 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        category = Category.objects.create(slug=slug, name=text)
        Topic.objects.filter(category_text=text).update(category=category)


def categories_to_texts(apps, schema_editor):
    Topic, Category = apps.get_model("subscriptions", "Topic"), apps.get_model("subscriptions", "Category")
    for category in Category.objects.all():
        Topic.objects.filter(category=category).update(category_text=category.name[:60])


class Migration(migrations.Migration):
    dependencies = [
        ('subscriptions', '0005_places'),
    ]

    operations = [
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('translations', models.JSONField(blank=True, default=dict, validators=[govnotify.lib.translated.check_translations])),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Among its neighbours, the lowest first.')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='subscriptions.category')),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ['position', 'name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('parent', models.F('pk')), _negated=True), name='category_not_in_itself')],
            },
        ),
        migrations.RenameField('topic', 'category', 'category_text'),
        migrations.AddField(
            model_name='topic',
            name='category',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='topics', to='subscriptions.category'),
        ),
        migrations.RunPython(texts_to_categories, categories_to_texts),
    ]
