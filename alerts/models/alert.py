"""An emergency bulletin: the CAP 1.2 fields beside it, and the second person's approval."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import User
from alerts.models.bulletin import Bulletin
from alerts.models.oddity import in_words
from govnotify.lib.listing import listed_apart


class Alert(models.Model):
    """Values of choices are those of the CAP 1.2 schema (OASIS, section 3.2). Texts per language are the variants'."""

    class Status(models.TextChoices):
        ACTUAL = "Actual", _("Actual: a real alert to real people")
        EXERCISE = "Exercise", _("Exercise")
        SYSTEM = "System", _("System")
        TEST = "Test", _("Test")
        DRAFT = "Draft", _("Draft")

    class MsgType(models.TextChoices):
        ALERT = "Alert", _("Alert")
        UPDATE = "Update", _("Update")
        CANCEL = "Cancel", _("Cancel")
        ACK = "Ack", _("Acknowledgement")
        ERROR = "Error", _("Error")

    class Scope(models.TextChoices):
        PUBLIC = "Public", _("Public")
        RESTRICTED = "Restricted", _("Restricted")
        PRIVATE = "Private", _("Private")

    class Category(models.TextChoices):
        GEO = "Geo", _("Earthquake, landslide, volcano")
        MET = "Met", _("Weather, flood")
        SAFETY = "Safety", _("Public safety")
        SECURITY = "Security", _("Security")
        RESCUE = "Rescue", _("Rescue")
        FIRE = "Fire", _("Fire")
        HEALTH = "Health", _("Health")
        ENV = "Env", _("Pollution, environment")
        TRANSPORT = "Transport", _("Transport")
        INFRA = "Infra", _("Water, power, telephone")
        CBRNE = "CBRNE", _("Chemical, biological, radiological, nuclear, explosive")
        OTHER = "Other", _("Other")

    class Urgency(models.TextChoices):
        IMMEDIATE = "Immediate", _("Immediate: act now")
        EXPECTED = "Expected", _("Expected: act within the hour")
        FUTURE = "Future", _("Future: act soon")
        PAST = "Past", _("Past")
        UNKNOWN = "Unknown", pgettext_lazy("urgency", "Unknown")

    class Severity(models.TextChoices):
        EXTREME = "Extreme", _("Extreme: extraordinary threat to life or property")
        SEVERE = "Severe", _("Severe: significant threat")
        MODERATE = "Moderate", _("Moderate: possible threat")
        MINOR = "Minor", _("Minor: minimal threat")
        UNKNOWN = "Unknown", pgettext_lazy("severity", "Unknown")

    class Certainty(models.TextChoices):
        OBSERVED = "Observed", _("Observed: happening or happened")
        LIKELY = "Likely", _("Likely: more than 50 %")
        POSSIBLE = "Possible", _("Possible: 50 % or less")
        UNLIKELY = "Unlikely", _("Unlikely")
        UNKNOWN = "Unknown", pgettext_lazy("certainty", "Unknown")

    bulletin = models.OneToOneField(Bulletin, primary_key=True, on_delete=models.CASCADE, related_name="alert")
    identifier = models.CharField(max_length=200)
    sender = models.CharField(max_length=200)
    sent = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status)
    msg_type = models.CharField(max_length=6, choices=MsgType, default=MsgType.ALERT)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.PUBLIC)
    references = models.JSONField(default=list)  # [[sender, identifier, sent]]
    category = ArrayField(models.CharField(max_length=9, choices=Category))
    urgency = models.CharField(max_length=9, choices=Urgency)
    severity = models.CharField(max_length=8, choices=Severity)
    certainty = models.CharField(max_length=8, choices=Certainty)
    response_type = ArrayField(models.CharField(max_length=8), default=list)
    effective = models.DateTimeField(null=True)
    onset = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)  # an import may lack it; nothing is sent without it
    # [{description, polygons, circles, geocodes, altitude, ceiling}], as alerts.cap has them.
    areas = models.JSONField()
    source_xml = models.BinaryField(default=b"")  # an imported message exactly as it came
    warnings = models.JSONField(default=list)  # what the import found odd, as alerts.models.oddity keeps it

    class Meta:
        constraints = [
            # CAP identity is this triple; it is never issued twice.
            models.UniqueConstraint(fields=["sender", "identifier", "sent"], name="cap_identity")
        ]
        indexes = [
            models.Index(fields=["expires"], name="alert_expires"),  # the few that hold now, among all there ever were
            GinIndex(OpClass("references", name="jsonb_path_ops"), name="alert_references"),
        ]

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier}"

    @property
    def event(self) -> str:
        """What it is, in the language that was written first; of each language its variant has it."""
        first = min(self.bulletin.variants.all(), key=lambda variant: variant.pk, default=None)
        return first.event if first else ""

    @property
    def local_area_names(self) -> list[str]:
        """Its areas as people read them: places of the register in the language in use, others as they were named."""
        known = {place.name: place.local_name for place in self.bulletin.areas.all()}
        return [known.get(area["description"], area["description"]) for area in self.areas]

    @property
    def oddities(self) -> list[str]:
        """What the import found odd, in the language in use and by its agency's clocks."""
        zone = self.bulletin.agency.zone
        return [in_words(stored, zone) for stored in self.warnings]

    @property
    def area_names(self) -> str:
        """Its areas as they were named, for staff."""
        return listed_apart([area["description"] for area in self.areas])


class Approval(models.Model):
    """The second person's yes to exactly this content, audience and area: any edit changes the hash and voids it."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="approvals")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    content_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="approval_takes_two_people", condition=~Q(author=F("approver"))),
        ]

    def __str__(self) -> str:
        return f"approval of {self.alert_id} by user {self.approver_id}"
