"""The texts of a form in several languages: one part per language, added and removed without a script."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from alerts.acts.content import VARIANTS
from alerts.models.bulletin import SUMMARY_LENGTH, TITLE_LENGTH
from govnotify.lib.languages import language_name

COUNT = "languages"  # the hidden field that says how many parts there are
ADD, REMOVE = "add-language", "remove-language"  # names of buttons; the second has the part's number


class TextForm(forms.Form):
    """One language. Whether a text may be empty or how long is judged by alerts.acts.content, for all ways in."""

    template_name = "staff/_text.html"

    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        given = self.data.get(self.add_prefix("language")) if self.is_bound else self.initial.get("language")
        languages: dict[str, Any] = dict(settings.BULLETIN_LANGUAGES)
        if given and given not in languages:
            languages[str(given)[:35]] = language_name(str(given)[:35])
        field = self.fields["language"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  tells the type
        field.choices = list(languages.items())
        for name in self.fields.keys() - {"language"}:
            self.fields[name].widget.attrs["dir"] = "auto"  # Arabic runs from the right, whatever the page does


class BulletinTextForm(TextForm):
    title = forms.CharField(label=_("Title"), required=False, help_text=_("It is also the mail's subject."))
    summary = forms.CharField(
        label=_("Summary (optional)"), required=False, help_text=_("One sentence for lists and inbox previews.")
    )
    body = forms.CharField(
        label=_("Text"),
        required=False,
        help_text=_("Markdown: a blank line starts a paragraph, ## a heading, - a list; [words](https://…) is a link."),
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "true"}),
    )
    body_format = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if (self.data.get(self.add_prefix("body_format")) or self.initial.get("body_format")) == "html":
            self.fields["body"].help_text = _("HTML, as your own system sent it.")
        self.fields["title"].widget.attrs |= {"maxlength": TITLE_LENGTH, "autocomplete": "off"}
        self.fields["summary"].widget.attrs |= {"maxlength": SUMMARY_LENGTH, "autocomplete": "off"}


Part = TypeVar("Part", bound=TextForm)


class Texts(Generic[Part]):
    """The parts of a form, each a `form_class` with the prefix t0, t1, …"""

    def __init__(self, form_class: type[Part], parts: Sequence[Part]) -> None:
        self.form_class = form_class
        self.parts = list(parts)

    @classmethod
    def showing(cls, form_class: type[Part], initial: Sequence[Mapping[str, Any]]) -> "Texts[Part]":
        """Parts that hold these values and have not been sent."""
        return cls(form_class, [form_class(initial=dict(one), prefix=f"t{n}") for n, one in enumerate(initial)])

    @classmethod
    def sent(cls, form_class: type[Part], data: QueryDict) -> "Texts[Part]":
        """The parts as they were sent."""
        sent = data.get(COUNT, "")
        count = min(int(sent), VARIANTS) if sent.isdecimal() and len(sent) < 4 else 1
        return cls(form_class, [form_class(data, prefix=f"t{number}") for number in range(max(count, 1))])

    @property
    def count(self) -> int:
        return len(self.parts)

    @property
    def full(self) -> bool:
        return self.count >= VARIANTS

    def is_valid(self) -> bool:
        return all(part.is_valid() for part in self.parts)

    def rearranged(self, data: QueryDict, fallback_language: str) -> "Texts[Part]":
        """The texts as sent, with a part more or less, as the button says that was pressed; nothing is judged yet."""
        values = [{name: data.get(part.add_prefix(name), "") for name in part.fields} for part in self.parts]
        gone = data.get(REMOVE, "")
        if gone.isdecimal() and int(gone) < len(values) and len(values) > 1:
            del values[int(gone)]
        if ADD in data and not self.full:
            values.append({"language": self._unused_language({one["language"] for one in values}, fallback_language)})
        return self.showing(self.form_class, values)

    def take_errors(self, errors: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Put a service's errors on the fields that they name, and give back those of other fields."""
        others: dict[str, list[str]] = {}
        for name, texts in errors.items():
            words = name.split(".")
            place = self.parts[int(words[1])] if words[0] == "variants" and len(words) == 3 else self.parts[0]
            if words[-1] in place.fields:
                for text in texts:
                    place.add_error(words[-1], text)
            else:
                others[name] = list(texts)
        return others

    def _unused_language(self, used: set[str], fallback: str) -> str:
        return next((tag for tag, _name in settings.BULLETIN_LANGUAGES if tag not in used), fallback)
