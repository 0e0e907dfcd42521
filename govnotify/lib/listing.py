"""Names in a row, as the language in use writes them."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext, pgettext

_SOUNDS_O = re.compile("h?[oó]", re.IGNORECASE)


def listed(names: Sequence[str]) -> str:
    """“a, b, c”: with nothing said of how many of them count."""
    return pgettext("between the names of places", ", ").join(names)


def listed_apart(names: Sequence[str]) -> str:
    """“a; b, c; d”: names that can have commas of their own."""
    return pgettext("between the names of places", "; ").join(names)


def any_of(names: Sequence[str]) -> str:
    """“a, b or c”. Spanish has another “or” before a name that begins with that sound: “siete u ocho”."""
    *first, last = names
    if not first:
        return last
    said = (
        pgettext("before a name that begins with o or ho", "%(first)s or %(last)s")
        if _SOUNDS_O.match(last)
        else gettext("%(first)s or %(last)s")
    )
    return said % {"first": listed(first), "last": last}
