"""Time zones as people choose them: by a large city near them, with the time that it is there."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from govnotify.lib.local_time import zone_of, zones


def zones_by_region() -> Iterator[tuple[str, Any]]:
    """As the choices of a select, grouped by region; the platform's own is always among them."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in (*zones(), *([] if settings.TIME_ZONE in zones() else [settings.TIME_ZONE])):
        groups.setdefault(name.partition("/")[0], []).append((name, city_and_time(name)))
    for region, choices in groups.items():
        yield (region, choices) if len(choices) > 1 else choices[0]


def city_and_time(name: str) -> str:
    """“Bucharest (14:30)”."""
    now = timezone.now().astimezone(zone_of(name))
    return f"{city_of(name)} ({date_format(now, 'TIME_FORMAT')})"


def city_of(name: str) -> str:
    return name.partition("/")[2].replace("_", " ").replace("/", ", ") or name
