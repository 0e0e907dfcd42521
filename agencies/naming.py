"""What something that people read about is called and how it describes itself, in every language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import ngettext

from agencies.audit import Actor, record
from agencies.models import Agency
from govnotify.lib.translated import TEXTS, Translated

FIELDS = (*TEXTS, "translations")


@dataclass(frozen=True, slots=True)
class Texts:
    """In the thing's own language, and `{language tag: {"name": …, "description": …}}` in others."""

    name: str
    description: str = ""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@transaction.atomic
def describe(*, thing: Translated, texts: Texts, agency: Agency | None, actor: Actor) -> None:
    """Make these the texts of an agency, a topic or a subject; languages that are not given stay as they are.

    An empty text is taken out: readers get the thing's own then. Raises ValidationError by field.
    """
    now = type(thing)._default_manager.select_for_update().get(pk=thing.pk)
    before = _texts(now)
    given = {tag: {key: text for key, text in entry.items() if text} for tag, entry in texts.translations.items()}
    now.translations = {tag: entry for tag, entry in (now.translations | given).items() if entry}
    vars(now).update(name=texts.name, description=texts.description)
    now.clean_fields(exclude={one.name for one in now._meta.concrete_fields}.difference(FIELDS))
    for tag, entry in given.items():
        _check_length(now, tag, entry.get("name", ""))
    if _texts(now) == before:
        return
    now.save(update_fields=FIELDS)
    record(
        actor=actor,
        verb=f"{now._meta.model_name}.described",
        target=now,
        agency=agency,
        before=before,
        after=_texts(now),
    )


def longest_name(thing: Translated) -> int:
    """Characters that its name may have, in any language."""
    fields: dict[str, Any] = {field.name: field for field in thing._meta.concrete_fields}
    return int(fields["name"].max_length)


def _texts(thing: Translated) -> dict[str, object]:
    own = {key: getattr(thing, key) for key in TEXTS}
    return own | {"translations": thing.translations}


def _check_length(thing: Translated, tag: str, name: str) -> None:
    if len(name) > longest_name(thing):
        most = longest_name(thing)
        said = ngettext("Use at most %(most)d character.", "Use at most %(most)d characters.", most)
        raise ValidationError({f"name_{tag}": said % {"most": most}})
