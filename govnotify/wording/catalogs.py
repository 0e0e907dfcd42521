"""The catalogs in locale/: read, brought up to date with the code, written, compiled."""

import io
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

WIDTH = 110  # columns of a .po file


def po_path(root: Path, language: str) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def read(root: Path, language: str) -> Catalog:
    """What translators wrote; an empty catalog where nobody has begun."""
    path = po_path(root, language)
    if not path.exists():
        return _signed(Catalog(locale=language, fuzzy=False, charset="utf-8"))
    with path.open("rb") as file:
        return _signed(read_po(file, locale=language, charset="utf-8"))


def update(catalog: Catalog, wanted: Catalog) -> None:
    """Take up new messages, empty, and drop those that are gone. None is guessed: a guess says something false."""
    made = catalog.creation_date
    doubted = {(message.id, message.context) for message in catalog if message.fuzzy}
    catalog.update(wanted, no_fuzzy_matching=True, update_header_comment=False)
    for message in catalog:
        if message.id and message.fuzzy and (message.id, message.context) not in doubted:  # it has got a plural, say
            message.flags.discard("fuzzy")
            message.string = ("",) * catalog.num_plurals if message.pluralizable else ""
    catalog.creation_date = made  # a run that changes nothing changes no byte
    catalog.obsolete.clear()


def po_bytes(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalog, width=WIDTH, sort_output=False, omit_header=False, include_lineno=False)
    return written.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """Compiled; the same bytes for the same catalog."""
    written = io.BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def _signed(catalog: Catalog) -> Catalog:
    """With a header that names nobody, and no moment but that of the first collection."""
    catalog.project, catalog.version = "govnotify", "1"
    catalog.msgid_bugs_address = ""
    catalog.last_translator = "the translators of govnotify"
    catalog.language_team = str(catalog.locale.english_name) if catalog.locale else ""
    catalog.revision_date = catalog.creation_date
    return catalog
