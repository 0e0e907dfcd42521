"""Texts of settings that are read in more than one language: JSON in a variable."""

import json
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ImproperlyConfigured

Texts = dict[str, dict[str, str]]


def translations(name: str, value: str, languages: Collection[str], texts: Collection[str]) -> Texts:
    """`{language: {text: …}}` from the value of variable `name`, {} where it is empty.

    Raises ImproperlyConfigured, with the variable and what it should look like, for what is not that.
    """
    example = json.dumps({next(iter(languages)): dict.fromkeys(texts, "…")}, ensure_ascii=False)
    try:
        said = json.loads(value or "{}")
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not JSON ({error}): write it like {example}") from error
    if not isinstance(said, dict) or not all(_is_entry(entry, texts) for entry in said.values()):
        raise ImproperlyConfigured(f"{name} is not a list of texts by language: write it like {example}")
    if unknown := sorted(said.keys() - set(languages)):
        raise ImproperlyConfigured(f"{name} names “{unknown[0]}”: the languages are {', '.join(languages)}")
    return said


def _is_entry(entry: Any, texts: Collection[str]) -> bool:
    return isinstance(entry, dict) and all(key in texts and isinstance(text, str) for key, text in entry.items())
