"""A public body that speaks."""

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agencies.models.sites import SITE_LENGTH, check_sites
from channels.markup import BadMarkup, to_safe_html
from govnotify.lib.local_time import zone_of
from govnotify.lib.translated import Translated

hex_colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write the colour as # and six hexadecimal digits."))


def check_statement(text: str) -> None:
    """Raise ValidationError for Markdown that can't be shown."""
    try:
        to_safe_html(text, "markdown")
    except BadMarkup as bad:
        raise ValidationError(str(bad)) from bad


class Agency(Translated):
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
    # An IANA name: the clocks by which its pages, its editors and whoever has chosen no zone read; "": the platform's.
    time_zone = models.CharField(max_length=64, blank=True, default="")
    colour = models.CharField(max_length=7, default="#1f4e79", validators=[hex_colour])
    # Markdown: what the agency says on its pages beside what is true of the whole platform.
    privacy_statement = models.TextField(blank=True, validators=[check_statement])
    accessibility_statement = models.TextField(blank=True, validators=[check_statement])
    # Origins of its web sites, which may show its sign-up form in a frame; without any, none may.
    embed_sites = ArrayField(
        models.CharField(max_length=SITE_LENGTH), default=list, blank=True, validators=[check_sites]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("agency", args=[self.slug])

    @property
    def zone(self) -> ZoneInfo:
        """Its own, or the platform's."""
        return zone_of(self.time_zone)

    @property
    def mail_domain(self) -> str:
        """The domain of Message-ID and List-Id, that of the address that bulletins come from."""
        return self.from_address.rpartition("@")[2]
