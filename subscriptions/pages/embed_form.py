"""The sign-up form that an agency has on its own site: what came of it, without cookies or a session."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Agency
from agencies.models.sites import origin_of
from subscriptions.models import Frequency, Source, Topic
from subscriptions.pages import form_clock
from subscriptions.pages.address_field import AddressField
from subscriptions.pages.form_clock import EMBED_SALT

MOST = 50  # topics in one go


class EmbedForm(forms.Form):
    """Topics of one agency and an address. Everything else has a value that holds where the form doesn't say it.

    `lang` is the language of the form and of the bulletins, `frequency` how often, `back` where the link back leads.
    """

    email = AddressField(help_text=gettext_lazy("We send you one e-mail with a button to confirm."))
    website = forms.CharField(label=gettext_lazy("Leave this empty"), required=False)  # for robots, as everywhere

    def __init__(self, agency: Agency, request: HttpRequest) -> None:
        sent = request.POST if request.method == "POST" else None
        super().__init__(sent)
        self.agency = agency
        self.offered = {topic.slug: topic for topic in Topic.objects.public().filter(agency=agency)}
        self._sender = known_site(agency, request.headers.get("Origin", ""))
        self.slugs = list(dict.fromkeys((sent or QueryDict()).getlist("topic")))[:MOST]
        # The value of `started` for the form as it is shown.
        self.clock = form_clock.kept(self.data.get("started"), EMBED_SALT)
        self.fields["website"].widget.attrs |= {"autocomplete": "off", "tabindex": "-1"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        unknown = [slug for slug in self.slugs if slug not in self.offered]
        if unknown:
            said = _("“%s” can't be subscribed to here. Look at your choice and press the button once more.")
            raise forms.ValidationError(said % unknown[0][:80])
        if not self.slugs:
            raise forms.ValidationError(_("Choose at least one topic."))
        if not self.errors and self._asks_once_more(self.data.get("started", "")):
            raise forms.ValidationError(_("One more step: please press the button once more."))
        return cleaned

    @property
    def topics(self) -> list[Topic]:
        return [self.offered[slug] for slug in self.slugs if slug in self.offered]

    @property
    def choices(self) -> dict[Topic, Frequency]:
        asked = self.data.get("frequency")
        frequency = Frequency(asked) if asked in Frequency.values else Frequency.IMMEDIATE
        return dict.fromkeys(self.topics, frequency)

    @property
    def site(self) -> str:
        """The agency's site that has the form, "" where it can't be known: the browser's word, or that of our frame."""
        return self._sender or known_site(self.agency, self.data.get("site", ""))

    @property
    def sources(self) -> dict[int, int]:
        source = Source.objects.at(Source.Kind.EMBED, self.site)
        return dict.fromkeys((topic.pk for topic in self.topics), source.pk)

    @property
    def back(self) -> str:
        """Where the link back leads: an address on one of the agency's sites, or ""."""
        return safe_back(self.agency, self.data.get("back", "")) or (f"{self._sender}/" if self._sender else "")

    def _asks_once_more(self, started: str) -> bool:
        """Our frame says when it was opened. A form in the agency's own page can't: there its site vouches for it."""
        if not started and self._sender:
            return False
        if form_clock.too_quick(self.clock, EMBED_SALT):
            return True
        if form_clock.spent(self.clock):
            self.clock = form_clock.start(EMBED_SALT)
            return True
        return False


def language_of(agency: Agency, asked: str) -> str:
    """The language that is asked for, if people can be written to in it, else the agency's."""
    spoken = dict(settings.BULLETIN_LANGUAGES)
    return next((tag for tag in (asked, agency.default_language) if tag in spoken), settings.LANGUAGE_CODE)


def known_site(agency: Agency, address: str) -> str:
    """The origin of a web address where that is on one of the agency's sites, else ""."""
    origin = origin_of(address)
    return origin if origin in agency.embed_sites else ""


def safe_back(agency: Agency, address: str) -> str:
    """The address where it is on one of the agency's sites, else "": we send nobody to anywhere else."""
    return address if known_site(agency, address) and len(address) <= 500 else ""


def some_of(offered: Iterable[Topic], slugs: str) -> list[Topic]:
    """The topics of a list with commas, in its order; all where there is none."""
    wanted = [slug.strip() for slug in slugs.split(",") if slug.strip()]
    known = {topic.slug: topic for topic in offered}
    return [known[slug] for slug in dict.fromkeys(wanted) if slug in known] if wanted else list(known.values())
