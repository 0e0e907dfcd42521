"""A public body that speaks."""

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

hex_colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write the colour as # and six hexadecimal digits."))


class AgencyQuerySet(models.QuerySet["Agency"]):
    def search(self, words: str) -> "AgencyQuerySet":
        """Agencies whose name or description contains the words."""
        return self.filter(models.Q(name__icontains=words) | models.Q(description__icontains=words))


class Agency(models.Model):
    class Kind(models.TextChoices):
        NATIONAL = "national", _("National government")
        REGIONAL = "regional", _("Regional government")
        LOCAL = "local", _("City or municipality")
        EMERGENCY = "emergency", _("Emergency service")
        HEALTH = "health", _("Health service")
        EDUCATION = "education", _("Education")
        TRANSPORT = "transport", _("Transport")
        OTHER = "other", _("Other public body")

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OTHER)
    description = models.TextField(blank=True)
    from_address = models.EmailField(help_text=_("Bulletins are sent from this address."))
    reply_address = models.EmailField(help_text=_("A person at the agency reads this mailbox."))
    postal_address = models.CharField(max_length=300)
    default_language = models.CharField(max_length=35, default="en")
    colour = models.CharField(max_length=7, default="#1f4e79", validators=[hex_colour])
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("agency", args=[self.slug])

    @property
    def mail_domain(self) -> str:
        """The domain of Message-ID and List-Id, that of the address that bulletins come from."""
        return self.from_address.rpartition("@")[2]
