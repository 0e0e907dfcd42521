"""What an agency says: title and body in one or more languages, on topics."""

from collections.abc import Iterable

from django.db import models
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from agencies.models import Agency, ApiKey, User
from govnotify.lib.languages import nearest
from subscriptions.models import Place, Topic

TITLE_LENGTH = 200
SUMMARY_LENGTH = 500
BODY_LENGTH = 200_000
REASON_LENGTH = 500
EVENT_LENGTH = 200
NAMES = 12  # of places that are shown of one bulletin


class BulletinQuerySet(models.QuerySet["Bulletin"]):
    def published(self) -> "BulletinQuerySet":
        """Bulletins that anybody may read on the web: published, and at least one of their topics is public."""
        return self.filter(on_public_topic(), status=Bulletin.Status.PUBLISHED)

    def of(self, agencies: models.QuerySet[Agency]) -> "BulletinQuerySet":
        """The wall between tenants: every staff page starts here."""
        return self.filter(agency__in=agencies)

    def routine(self) -> "BulletinQuerySet":
        return self.filter(alert=None)

    def versions(self, numbers: Iterable[int]) -> dict[int, int]:
        """What stands in the place of each of these now: its newest published correction, else itself.

        Nothing for what was withdrawn and not corrected.
        """
        now = {number: number for number in numbers}
        while later := self._corrections(now.values()):
            now = {number: later.get(version, version) for number, version in now.items()}
        found = self.filter(pk__in=set(now.values())).values_list("pk", "status")
        standing = {version for version, status in found if status == Bulletin.Status.PUBLISHED}
        return {number: version for number, version in now.items() if version in standing}

    def _corrections(self, numbers: Iterable[int]) -> dict[int, int]:
        """The newest published correction of each. Here and above the database is not asked for the status: on
        statistics from before there were many, it read the index of all that is published for one.
        """
        found = self.filter(corrects__in=set(numbers)).order_by("published_at", "pk")
        rows = found.values_list("corrects_id", "pk", "status")
        return {first: later for first, later, status in rows if status == Bulletin.Status.PUBLISHED}

    def newest_first(self) -> "BulletinQuerySet":
        return self.order_by(models.F("published_at").desc(nulls_first=True), "-pk")


class Bulletin(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in-review", _("In review")
        SCHEDULED = "scheduled", _("Scheduled")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="bulletins")
    topics = models.ManyToManyField(Topic, through="BulletinTopic", related_name="bulletins")
    areas = models.ManyToManyField(Place, through="BulletinArea", related_name="bulletins")  # none: everywhere
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_with = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    urgent = models.BooleanField(
        default=False, db_default=False
    )  # at once, also to who reads once a day or once a week
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawal_reason = models.CharField(max_length=REASON_LENGTH, blank=True)  # everybody may read it

    objects = BulletinQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["agency", "-created_at"], name="bulletin_agency_recent"),
            models.Index(fields=["-published_at"], name="bulletin_recent", condition=models.Q(status="published")),
            models.Index(
                fields=["-published_at", "-id"], name="bulletin_withdrawn", condition=models.Q(status="withdrawn")
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("bulletin", args=[self.pk])

    @property
    def title(self) -> str:
        variant = self.variant_for(self.agency.default_language)
        return variant.title if variant else f"bulletin {self.pk}"

    @property
    def is_alert(self) -> bool:
        return hasattr(self, "alert")

    @property
    def is_correction(self) -> bool:
        return self.corrects_id is not None

    def earlier(self) -> "list[Bulletin]":
        """What this one corrects, the newest first: the bulletin before it, the one before that, …"""
        found: list[Bulletin] = []
        last: Bulletin | None = self.corrects
        while last is not None:
            found.append(last)
            last = last.corrects
        return found

    def newest(self) -> "Bulletin":
        """The last published correction of it, or of its corrections; itself where there is none."""
        version = Bulletin.objects.versions([self.pk]).get(self.pk, self.pk)
        return self if version == self.pk else Bulletin.objects.select_related("agency").get(pk=version)

    def ordered_topics(self) -> list[Topic]:
        """The topics in the editor's order: the first gives the List-Id."""
        return [link.topic for link in self.topic_links.select_related("topic").order_by("position")]

    def ordered_areas(self) -> list[Place]:
        """The places that it is about, the larger first; none means everywhere."""
        return list(self.areas.order_by(Length("path"), "name"))

    def area_names(self) -> list[str]:
        """Their names in the language in use; of many the first, and how many more there are."""
        names = [place.local_name for place in self.ordered_areas()]
        more = len(names) - NAMES
        if more <= 0:
            return names
        return [*names[:NAMES], ngettext("%(number)d more", "%(number)d more", more) % {"number": more}]

    def variant_for(self, language: str) -> "BulletinVariant | None":
        """What a reader of the language gets, wherever it is shown: that, else “fr” for “fr-CA”, else the agency's, …

        The last resort is the oldest variant. None only for an empty draft.
        """
        variants = sorted(self.variants.all(), key=lambda variant: variant.pk)
        if not variants:
            return None
        tags = [variant.language for variant in variants]
        return variants[nearest(tags, language, self.agency.default_language)]


class BulletinTopic(models.Model):
    """A bulletin's topic, at the editor's place in the order."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE, related_name="topic_links")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="bulletin_links")
    position = models.SmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bulletin", "topic"], name="topic_once_per_bulletin")]

    def __str__(self) -> str:
        return f"{self.topic} of bulletin {self.bulletin_id}"


def on_public_topic() -> models.Exists:
    """For bulletins, or for their alerts, whose keys are the same: at least one of their topics is public."""
    return models.Exists(BulletinTopic.objects.filter(bulletin=models.OuterRef("pk"), topic__is_public=True))


class BulletinArea(models.Model):
    """A place that a bulletin is about. One that got lost would widen the audience: it can't be deleted."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE, related_name="area_links")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="bulletin_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bulletin", "place"], name="area_once_per_bulletin")]

    def __str__(self) -> str:
        return f"place {self.place_id} of bulletin {self.bulletin_id}"


class BulletinVariant(models.Model):
    """One language of a bulletin. `html` is what came out of sanitising `body`; pages and mails show only that."""

    class Format(models.TextChoices):
        MARKDOWN = "markdown"
        HTML = "html"

    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE, related_name="variants")
    language = models.CharField(max_length=35)  # BCP 47
    title = models.CharField(max_length=TITLE_LENGTH)
    summary = models.CharField(max_length=SUMMARY_LENGTH, blank=True)
    body = models.TextField()
    body_format = models.CharField(max_length=8, choices=Format, default=Format.MARKDOWN)
    html = models.TextField()
    instruction = models.TextField(blank=True)  # alerts: what to do now
    event = models.CharField(max_length=EVENT_LENGTH, blank=True, default="")  # alerts: what it is, as CAP's <event>

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bulletin", "language"], name="one_variant_per_language")]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"


class IdempotencyKey(models.Model):
    """A request that made a bulletin: the same key with the same request gives the same bulletin again."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
