"""Every message that the code and the templates ask gettext for.

Django's own makemessages needs the gettext programs, which a fresh machine has not. Babel reads Python just as well,
and Django's `templatize` turns a template into what it can read.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOMS = ("agencies", "alerts", "channels", "govnotify", "subscriptions", "templates")
KEYWORDS: dict[str, tuple[int | tuple[int, int] | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
NAMED = re.compile(r"%\([a-z_]+\)s")


def messages(root: Path) -> Catalog:
    """A catalog without translations of all that is asked for below `root`, with places as relative paths."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for path in sorted(_sources(root)):
        place = str(path.relative_to(root))
        text = path.read_text(encoding="utf-8")
        is_python = path.suffix == ".py"
        for _line, message, comments, context in extract(
            "python", io.BytesIO((text if is_python else _readable(text, place)).encode()), KEYWORDS, ("Translators:",)
        ):
            flags = ("python-format",) if NAMED.search(str(message)) else ()
            found.add(message, locations=[(place, 0)], flags=flags, auto_comments=comments, context=context)
    return found


def _sources(root: Path) -> Iterator[Path]:
    for room in ROOMS:
        for path in (root / room).rglob("*"):
            is_code = path.suffix == ".py" and "migrations" not in path.parts
            if is_code or (room == "templates" and path.suffix in {".html", ".txt"}):
                yield path


def _readable(template: str, place: str) -> str:
    """As Python inside brackets: there indentation has no meaning, and a template's has none for Python."""
    return f"(\n{templatize(template, origin=place)}\n)"
