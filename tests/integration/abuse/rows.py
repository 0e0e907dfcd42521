"""All that is in the database, so that a test can say that nothing changed, or how much there is."""

import hashlib

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models


def kept() -> list[type[models.Model]]:
    """Every table but the sessions that browsers bring."""
    return [model for model in apps.get_models() if model is not Session and model._meta.managed]


def digest() -> dict[str, str]:
    """Of each table: how many rows it has, and a hash over all of them."""
    return {model._meta.label: _of(list(model._default_manager.order_by("pk").values_list())) for model in kept()}


def count() -> dict[str, int]:
    """How many rows each table has, those without any left out."""
    counted = {model._meta.label: model._default_manager.count() for model in kept()}
    return {table: number for table, number in counted.items() if number}


def _of(rows: list[tuple[object, ...]]) -> str:
    plain = [tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows]
    return f"{len(rows)} {hashlib.sha256(repr(plain).encode()).hexdigest()}"
