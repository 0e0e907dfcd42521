"""The composer's form: topics and texts, as sent or as they stand, and what the services say about them."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from alerts.acts.content import AREAS, VariantText
from alerts.models import Bulletin
from alerts.models.bulletin import BulletinVariant
from alerts.staff.texts import BulletinTextForm, Texts
from subscriptions.models import Place, Topic
from subscriptions.pages.place_picker import PlacePicker


class TopicChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # no generic at run time
    def label_from_instance(self, obj: Topic) -> str:
        """An internal topic says that it is."""
        return obj.local_name if obj.is_public else _("%(topic)s (internal)") % {"topic": obj.local_name}


class TopicsForm(forms.Form):
    topics = TopicChoices(
        Topic.objects.none(),
        label=_("Topics"),
        required=False,
        help_text=_("People who follow one of these get the bulletin; anyone who follows several gets it once."),
        widget=forms.CheckboxSelectMultiple,
    )
    urgent = forms.BooleanField(
        label=_("Urgent: send at once to everybody"),
        required=False,
        help_text=_("Also to people who chose once a day or once a week. Keep it for what cannot wait until tomorrow."),
    )
    # What the editor saw: saving over a newer version is refused.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    # Names this filling-in of the form: a double click makes one draft.
    nonce = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)

    def __init__(self, agency: Agency, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        field = self.fields["topics"]
        assert isinstance(field, TopicChoices)  # noqa: S101  tells the type
        field.queryset = Topic.objects.open_for(agency)


class Composer:
    """One filling-in of the form, for a new bulletin of the agency or for a draft."""

    def __init__(
        self,
        agency: Agency,
        head: TopicsForm,
        texts: Texts[BulletinTextForm],
        picker: PlacePicker,
        corrects: Bulletin | None = None,
    ) -> None:
        self.agency = agency
        self.head = head
        self.texts = texts
        self.picker = picker
        self.corrects = corrects  # whose topics it has, whatever is chosen

    @classmethod
    def empty(cls, agency: Agency) -> "Composer":
        head = TopicsForm(agency, initial={"nonce": str(uuid.uuid4())})
        texts = Texts.showing(BulletinTextForm, [{"language": agency.default_language}])
        return cls(agency, head, texts, PlacePicker.showing((), AREAS))

    @classmethod
    def of(cls, bulletin: Bulletin) -> "Composer":
        head = TopicsForm(
            bulletin.agency,
            initial={
                "topics": bulletin.ordered_topics(),
                "urgent": bulletin.urgent,
                "seen": bulletin.edited_at.isoformat(),
            },
        )
        picker = PlacePicker.showing(bulletin.ordered_areas(), AREAS)
        return cls(bulletin.agency, head, _texts_of(bulletin), picker, bulletin.corrects)

    @classmethod
    def correcting(cls, first: Bulletin) -> "Composer":
        """A new correction, which begins with the texts of what it corrects."""
        head = TopicsForm(first.agency, initial={"nonce": str(uuid.uuid4())})
        return cls(first.agency, head, _texts_of(first), PlacePicker.showing(first.ordered_areas(), AREAS), first)

    @classmethod
    def sent(cls, agency: Agency, data: QueryDict, corrects: Bulletin | None = None) -> "Composer":
        texts = Texts.sent(BulletinTextForm, data)
        return cls(agency, TopicsForm(agency, data), texts, PlacePicker.sent(data, AREAS), corrects)

    def rearranged(self, data: QueryDict) -> "Composer":
        """With a language more or less (see Texts), or with the places that were looked for."""
        chosen = {name: data.get(name, "") for name in ("seen", "nonce")}
        head = TopicsForm(
            self.agency, initial={**chosen, "topics": data.getlist("topics"), "urgent": data.get("urgent")}
        )
        texts = self.texts.rearranged(data, self.agency.default_language)
        return Composer(self.agency, head, texts, self.picker, self.corrects)

    def seen_again(self, data: QueryDict, current: Bulletin) -> "Composer":
        """The same, for an editor who now has seen the current version: saving once more replaces it."""
        changed = data.copy()
        changed["seen"] = current.edited_at.isoformat()
        composer = Composer.sent(self.agency, changed, self.corrects)
        composer.is_valid()
        return composer

    def is_valid(self) -> bool:
        if self.picker.problem:
            self.head.add_error(None, self.picker.problem)
        return self.head.is_valid() and self.texts.is_valid()

    @property
    def topics(self) -> list[Topic]:
        if self.corrects is not None:
            return self.corrects.ordered_topics()
        return list(self.head.cleaned_data.get("topics") or ())

    @property
    def areas(self) -> list[Place]:
        return self.corrects.ordered_areas() if self.corrects is not None else self.picker.chosen

    @property
    def urgent(self) -> bool:
        return bool(self.head.cleaned_data.get("urgent"))

    @property
    def variants(self) -> list[VariantText]:
        return [_text(part.cleaned_data) for part in self.texts.parts]

    @property
    def seen(self) -> datetime | None:
        try:
            return parse_datetime(self.head.cleaned_data.get("seen", ""))
        except ValueError:
            return None

    def take_errors(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Show a service's errors where they belong."""
        for name, texts in self.texts.take_errors(errors).items():
            for text in texts:
                self.head.add_error(name if name in self.head.fields else None, text)

    @property
    def forms(self) -> list[forms.Form]:
        """All of it, for the error summary."""
        return [self.head, *self.texts.parts]

    @property
    def has_errors(self) -> bool:
        return any(form.errors for form in self.forms)


def _texts_of(bulletin: Bulletin) -> Texts[BulletinTextForm]:
    fields = list(BulletinTextForm.base_fields)
    values = [{name: getattr(text, name) for name in fields} for text in bulletin.variants.order_by("pk")]
    return Texts.showing(BulletinTextForm, values)


def _text(values: dict[str, Any]) -> VariantText:
    return VariantText(
        language=values.get("language", ""),
        title=values.get("title", ""),
        body=values.get("body", "").replace("\r\n", "\n"),
        body_format=values.get("body_format") or BulletinVariant.Format.MARKDOWN,
        summary=values.get("summary", ""),
    )
