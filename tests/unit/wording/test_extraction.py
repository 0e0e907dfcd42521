"""What the code and the templates ask for is collected, with its place, its context and its plural forms."""

from pathlib import Path

from govnotify.wording.extraction import messages

CODE = """
from django.utils.translation import gettext as _, ngettext, npgettext, pgettext

_("In code")
_("In " "two pieces")
ngettext("one %(n)s", "many %(n)s", 2)
pgettext("of a form", "From")
npgettext("on a map", "place", "places", 2)
print("No message")
"""
PAGE = """{% load i18n %}
  {% translate "On a page" %}
{% translate "From" context "the first day" %}
{% blocktranslate count number=many %}{{ number }} topic{% plural %}{{ number }} topics{% endblocktranslate %}
{% include "x.html" with caption=_("Handed on") %}
<p>No message either</p>
"""


def of_project(root: Path, files: dict[str, str]) -> set[tuple[str | None, object, str]]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    return {(one.context, one.id, one.locations[0][0]) for one in messages(root) if one.id}


def test_what_is_asked_for_in_code_and_on_pages_is_collected(tmp_path: Path) -> None:
    assert of_project(tmp_path, {"alerts/pages/a.py": CODE, "templates/alerts/a.html": PAGE}) == {
        (None, "In code", "alerts/pages/a.py"),
        (None, "In two pieces", "alerts/pages/a.py"),
        (None, ("one %(n)s", "many %(n)s"), "alerts/pages/a.py"),
        ("of a form", "From", "alerts/pages/a.py"),
        ("on a map", ("place", "places"), "alerts/pages/a.py"),
        (None, "On a page", "templates/alerts/a.html"),
        ("the first day", "From", "templates/alerts/a.html"),
        (None, ("%(number)s topic", "%(number)s topics"), "templates/alerts/a.html"),
        (None, "Handed on", "templates/alerts/a.html"),
    }


def test_old_migrations_and_what_is_no_part_of_the_project_ask_for_nothing(tmp_path: Path) -> None:
    asks = 'from django.utils.translation import gettext as _\n_("Old")\n'
    elsewhere = ("alerts/migrations/0001_initial.py", "tests/test_a.py", "alerts/notes.txt", "bench/a.py")
    assert of_project(tmp_path, dict.fromkeys(elsewhere, asks)) == set()
