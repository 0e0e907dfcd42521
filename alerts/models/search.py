"""What search looks into. PostgreSQL's triggers write these rows (migration `search`), in the same transaction as what
they tell of, whoever writes that; so there are no constraints towards it, and nobody saves them from here.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from agencies.models import Agency
from alerts.models.bulletin import Bulletin
from subscriptions.models import Topic


class TopicEntry(models.Model):
    """A topic's names and descriptions in all languages, with those of its agency and subjects."""

    topic = models.OneToOneField(
        Topic, primary_key=True, on_delete=models.CASCADE, related_name="entry", db_constraint=False
    )
    words = SearchVectorField()
    followers = models.PositiveIntegerField(default=0, db_default=0)  # as housekeeping last counted; 0 for a few

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="topic_words"),
            models.Index(fields=["-followers", "topic"], name="topic_popular", condition=models.Q(followers__gt=0)),
        ]

    def __str__(self) -> str:
        return f"entry of topic {self.pk}"


class AgencyEntry(models.Model):
    """An agency's names and descriptions in all languages."""

    agency = models.OneToOneField(
        Agency, primary_key=True, on_delete=models.CASCADE, related_name="entry", db_constraint=False
    )
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="agency_words")]

    def __str__(self) -> str:
        return f"entry of agency {self.pk}"


class ArchiveEntry(models.Model):
    """A bulletin that everybody may read: everything that a search or a filter of the archive asks, in one row.

    One row, so that a page of the archive never joins before it has its twenty bulletins.
    """

    bulletin = models.OneToOneField(
        Bulletin, primary_key=True, on_delete=models.CASCADE, related_name="entry", db_constraint=False
    )
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    published_at = models.DateTimeField()
    is_alert = models.BooleanField()
    languages = ArrayField(models.CharField(max_length=35))  # of its variants: lower case, “fr-ca” also as “fr”
    topics = ArrayField(models.BigIntegerField())  # ids of its public topics
    subjects = ArrayField(models.BigIntegerField())  # ids of their categories, with all that these lie in
    # Ids of the places that it is about, where a closed one counts as that around it; and these with all they lie in.
    areas = ArrayField(models.BigIntegerField(), default=list)
    around = ArrayField(models.BigIntegerField(), default=list)
    words = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="archive_words"),
            GinIndex(fields=["topics", "subjects", "languages"], name="archive_facets"),
            GinIndex(fields=["areas", "around"], name="archive_areas"),
            models.Index(fields=["-published_at", "-bulletin"], name="archive_recent"),
            models.Index(fields=["agency", "-published_at", "-bulletin"], name="archive_agency_recent"),
            models.Index(
                fields=["-published_at", "-bulletin"], name="archive_alerts_recent", condition=models.Q(is_alert=True)
            ),
        ]

    def __str__(self) -> str:
        return f"entry of bulletin {self.pk}"


class Chore(models.Model):
    """When housekeeping last did what it does once in a while."""

    name = models.CharField(max_length=40, primary_key=True)
    done_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class SearchWord(models.Model):
    """A word that some entry has, for those who mistype it.

    Not unique: two who publish the same new word at once must not wait for each other, and a word twice does no harm.
    """

    word = models.CharField(max_length=40)

    class Meta:
        indexes = [
            models.Index(fields=["word"], name="search_word"),
            GinIndex(OpClass("word", name="gin_trgm_ops"), name="search_word_trigrams"),
        ]

    def __str__(self) -> str:
        return self.word
