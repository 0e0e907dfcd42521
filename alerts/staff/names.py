"""What an agency and its topics are called and how they describe themselves, in every language; its time zone."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from agencies.audit import Actor
from agencies.models import Agency, Role
from agencies.naming import Texts, describe, longest_name
from agencies.timekeeping import set_zone
from alerts.staff.access import agency_of, person, staff_page
from govnotify.lib.languages import direction, language_name
from govnotify.lib.translated import TEXTS, Translated
from subscriptions.pages.zone_choices import city_and_time, zones_by_region

NAME, DESCRIPTION = TEXTS
LONGEST = 2_000  # characters of a description


class NamesForm(forms.Form):
    """The thing's own texts, and for each other language `name_<tag>` and `description_<tag>`."""

    def __init__(self, thing: Translated, language: str, data: Any = None) -> None:
        initial = {NAME: getattr(thing, NAME), DESCRIPTION: getattr(thing, DESCRIPTION)}
        others = [tag for tag, _name in settings.BULLETIN_LANGUAGES if tag != language]
        for tag in others:
            entry = thing.translations.get(tag, {})
            initial |= {f"{text}_{tag}": entry.get(text, "") for text in TEXTS}
        super().__init__(data, initial=initial)
        self.language, self.others = language, others
        for tag in ["", *others]:
            suffix, spoken = (f"_{tag}" if tag else ""), tag or language
            attributes = {"lang": spoken, "dir": direction(spoken)}
            self.fields[NAME + suffix] = forms.CharField(
                label=gettext_lazy("Name"),
                required=not tag,
                max_length=longest_name(thing),
                widget=forms.TextInput(attrs=attributes | {"autocomplete": "off"}),
            )
            self.fields[DESCRIPTION + suffix] = forms.CharField(
                label=gettext_lazy("Description"),
                required=False,
                max_length=LONGEST,
                widget=forms.Textarea(attrs=attributes | {"rows": 2}),
            )

    def parts(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Each language by its name, with its fields; the thing's own first."""
        for tag in ["", *self.others]:
            suffix = f"_{tag}" if tag else ""
            yield language_name(tag or self.language), [self[text + suffix] for text in TEXTS]

    def texts(self) -> Texts:
        """What was sent and is valid."""
        said = self.cleaned_data
        translations = {tag: {text: said[f"{text}_{tag}"] for text in TEXTS} for tag in self.others}
        return Texts(said[NAME], said[DESCRIPTION], translations)


class ZoneForm(forms.Form):
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy(
            "Your pages and your editors read times by these clocks, and so do mails to people who have chosen none. "
            "The zone is named beside each time."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = _("As the whole platform: %(city)s") % {"city": city_and_time(settings.TIME_ZONE)}
        choices = [("", own), *zones_by_region()]
        self.fields["zone"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def agency_names(request: HttpRequest, slug: str) -> HttpResponse:
    """The agency's own texts, and the way to those of its topics."""
    agency = agency_of(request, slug, Role.ADMINISTRATOR)
    if request.method == "POST" and "zone" in request.POST:
        return _zone_chosen(request, agency)
    form, saved = names_form(request, agency, agency.default_language, agency)
    if saved:
        return redirect("staff-names", slug)
    return _page(request, _of_agency(agency) | {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def topic_names(request: HttpRequest, slug: str, topic: str) -> HttpResponse:
    """One of the agency's topics, internal ones among them."""
    agency = agency_of(request, slug, Role.ADMINISTRATOR)
    found = get_object_or_404(agency.topics.filter(closed_at=None), slug=topic)
    form, saved = names_form(request, found, agency.default_language, agency)
    if saved:
        return redirect("staff-names", slug)
    return _page(request, {"theme_agency": agency, "thing": found, "form": form})


def names_form(request: HttpRequest, thing: Translated, language: str, agency: Agency | None) -> tuple[NamesForm, bool]:
    """The form for the thing's texts, and whether what was sent with it has been saved."""
    if request.method != "POST":
        return NamesForm(thing, language), False
    form = NamesForm(thing, language, request.POST)
    if not form.is_valid():
        return form, False
    try:
        describe(thing=thing, texts=form.texts(), agency=agency, actor=Actor.of(person(request)))
    except ValidationError as error:
        form.add_error(None, error.messages)
        return form, False
    messages.success(request, _("Saved. It holds at once."))
    return form, True


def _zone_chosen(request: HttpRequest, agency: Agency) -> HttpResponse:
    form = ZoneForm(request.POST)
    if not form.is_valid():
        names = NamesForm(agency, agency.default_language)
        context = _of_agency(agency) | {"form": names, "zone_form": form}
        return render(request, "staff/names.html", context, status=422)
    set_zone(agency=agency, zone=form.cleaned_data["zone"], actor=Actor.of(person(request)))
    messages.success(request, _("Saved. It holds at once."))
    return redirect("staff-names", agency.slug)


def _of_agency(agency: Agency) -> dict[str, Any]:
    """What its page has beside the form of its texts."""
    return {
        "theme_agency": agency,
        "thing": agency,
        "topics": agency.topics.filter(closed_at=None),
        "zone_form": ZoneForm(initial={"zone": agency.time_zone}),
    }


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "staff/names.html", context, status=422 if context["form"].errors else 200)
