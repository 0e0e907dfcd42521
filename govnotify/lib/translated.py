"""Names and descriptions in more than one language, for whatever people read about: agencies, topics, subjects, …"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

TEXTS = ("name", "description")


def check_translations(value: Any) -> None:
    """Raise ValidationError for what is no `{language tag: {"name": …, "description": …}}`."""
    if not isinstance(value, dict) or not all(_is_entry(entry) for entry in value.values()):
        raise ValidationError(
            _("Write translations as a language with its name and description: %(example)s"),
            params={"example": '{"fr": {"name": "…", "description": "…"}}'},
        )


class Translated(models.Model):
    """Has `name` (and `description`) in a language of its own, and `translations` into others."""

    translations = models.JSONField(default=dict, blank=True, validators=[check_translations])

    class Meta:
        abstract = True

    @property
    def local_name(self) -> str:
        """The name in the language in use, else in its base language (“fr” for “fr-CA”), else the object's own."""
        return self._local("name")

    @property
    def local_description(self) -> str:
        """The description in the language in use, else in its base language, else the object's own."""
        return self._local("description")

    def _local(self, text: str) -> str:
        return in_use(self.translations, text) or str(getattr(self, text, ""))


def in_use(translations: Mapping[str, Mapping[str, str]], text: str) -> str:
    """The text in the language in use, else in its base language; "" where it is in neither."""
    language = (get_language() or "").lower()
    entries = {tag.lower(): entry for tag, entry in translations.items()}
    found = (entries.get(tag, {}).get(text) for tag in (language, language.partition("-")[0]))
    return str(next(filter(None, found), ""))


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and all(key in TEXTS and isinstance(text, str) for key, text in entry.items())
