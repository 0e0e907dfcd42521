"""The form that takes an address for the topics chosen."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Frequency, Topic
from subscriptions.pages import form_clock
from subscriptions.pages.address_field import AddressField

MOST = 50  # topics in one go


def chosen_topics(query: QueryDict) -> list[Topic]:
    """The public topics that a query or a form names, by name; what is no topic is left out."""
    slugs = query.getlist("topic")[:MOST]
    return list(Topic.objects.public().filter(slug__in=slugs).select_related("agency"))


class SubscribeForm(forms.Form):
    """One frequency for each topic, an address, a language."""

    email = AddressField(
        help_text=_("We send you one e-mail with a button to confirm. Nothing else comes before that.")
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=lambda: settings.BULLETIN_LANGUAGES,
        help_text=_("You get this language where the agency writes in it, otherwise the agency's own."),
    )
    website = forms.CharField(label=_("Leave this empty"), required=False)  # people don't see it, robots fill it in
    started = forms.CharField(widget=forms.HiddenInput, required=False, initial=form_clock.start)

    def __init__(self, topics: Sequence[Topic], data: QueryDict | None = None) -> None:
        if data is not None:
            data = data.copy()
            data["started"] = form_clock.kept(data.get("started"))
        super().__init__(data, initial={"language": get_language()})
        self.topics = topics
        for topic in topics:
            self.fields[_name(topic)] = forms.ChoiceField(
                label=topic.name, choices=Frequency, initial=Frequency.IMMEDIATE
            )
        self.fields["website"].widget.attrs |= {"autocomplete": "off", "tabindex": "-1"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.topics:
            raise forms.ValidationError(_("Choose at least one topic."))
        if not self.errors and form_clock.too_quick(cleaned["started"]):
            raise forms.ValidationError(_("That was very quick. Please press the button once more."))
        return cleaned

    def frequencies(self) -> Iterator[tuple[Topic, forms.BoundField]]:
        """Each topic with the field that asks how often."""
        return ((topic, self[_name(topic)]) for topic in self.topics)

    @property
    def from_a_robot(self) -> bool:
        return bool(self.cleaned_data["website"])

    @property
    def choices(self) -> dict[Topic, Frequency]:
        return {topic: Frequency(self.cleaned_data[_name(topic)]) for topic in self.topics}


def _name(topic: Topic) -> str:
    return f"frequency-{topic.pk}"
