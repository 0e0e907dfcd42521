"""The form that takes an address for the topics chosen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Frequency, Topic
from subscriptions.pages import form_clock, suggestions
from subscriptions.pages.address_field import AddressField


def chosen_topics(query: QueryDict) -> list[Topic]:
    """The public topics that a query or a form names, found or suggested, by name; what is no topic is left out."""
    slugs = suggestions.slugs_in(query, "topic", suggestions.FIELD)
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

    def __init__(
        self, topics: Sequence[Topic], data: QueryDict | None = None, initial: Mapping[str, str] | None = None
    ) -> None:
        if data is not None:
            data = data.copy()
            data["started"] = form_clock.kept(data.get("started"))
        self._sent = data  # a copy, so that a clock that is spent can be replaced in it
        super().__init__(data, initial={"language": get_language(), **(initial or {})})
        self.topics = topics
        for topic in topics:
            self.fields[_name(topic)] = forms.ChoiceField(
                label=topic.local_name, choices=Frequency, initial=Frequency.IMMEDIATE
            )
        self.fields["website"].widget.attrs |= {"autocomplete": "off", "tabindex": "-1"}

    @classmethod
    def typed(cls, topics: Sequence[Topic], data: QueryDict) -> "SubscribeForm":
        """As it came, not judged yet: the person is still filling it in."""
        names = ("email", "language", "website", *map(_name, topics))
        typed = {name: data.get(name, "") for name in names if name in data}
        return cls(topics, initial=typed | {"started": form_clock.kept(data.get("started"))})

    @property
    def slugs(self) -> str:
        """Of the topics, with spaces between: what a script of the page needs."""
        return " ".join(topic.slug for topic in self.topics)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.topics:
            raise forms.ValidationError(_("Choose at least one topic."))
        if not self.errors:
            self._look_at_the_clock(cleaned["started"])
        return cleaned

    def _look_at_the_clock(self, started: str) -> None:
        if form_clock.too_quick(started):
            raise forms.ValidationError(_("That was very quick. Please press the button once more."))
        if form_clock.spent(started):
            if self._sent is not None:
                self._sent["started"] = form_clock.start()
            raise forms.ValidationError(_("One more step: please press the button once more."))

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
