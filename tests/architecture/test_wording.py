"""The interface is complete in every language, and nothing that people read escapes translation."""

import ast
import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages import Catalog
from django.conf import settings

from govnotify.wording.catalogs import mo_bytes, po_bytes, po_path, read, update
from govnotify.wording.extraction import KEYWORDS, messages
from govnotify.wording.faults import faults, header_faults
from govnotify.wording.same import SAME
from tests.architecture.project import ROOT, modules

# The names of languages are translated in Django's own catalogs, and it says which there are.
TRANSLATED_ELSEWHERE = {"govnotify/lib/languages.py"}
# A number and a word that counts something; symbols of units are the same for every number.
COUNTED = re.compile(r"%(?:\([a-z_]+\))?d (?!(?:s|ms|km)\b)[a-z]")
ACCUSATIVE = re.compile(r"%\([a-z_]+\)[sd] \S+ًا(?!\w)")  # after a number in Arabic
TRANSLATED = [tag for tag, _ in settings.LANGUAGES if tag != settings.LANGUAGE_CODE]


@cache
def wanted() -> Catalog:
    return messages(ROOT)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_once_and_whole(language: str) -> None:
    """Which faults are found: tests/unit/wording/test_faults.py; what is asked for: test_extraction.py there."""
    catalog = read(ROOT, language)
    found = faults(catalog, wanted(), SAME[language])
    assert not found, (
        f"{language}: run `make messages` and translate what it names (docs/translating.md):\n" + "\n".join(found)
    )
    assert header_faults(catalog) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_was_translated(language: str) -> None:
    assert not_made(ROOT, language, wanted()) == []


def test_what_is_counted_in_arabic_is_in_the_case_of_its_number() -> None:
    """11 to 99 take the accusative (“11 موضوعًا”), 100 and more the genitive (“100 موضوع”): they are easily swapped."""
    of_hundreds = {message.id[1]: parts(message.string)[5] for message in read(ROOT, "ar") if message.pluralizable}
    assert of_hundreds
    assert not {source: form for source, form in of_hundreds.items() if ACCUSATIVE.search(form)}


def test_an_arabic_accusative_is_found() -> None:
    assert ACCUSATIVE.search("لديك %(number)d موضوعًا.")
    assert not ACCUSATIVE.search("لديك %(number)d موضوع.")


def test_a_catalog_that_is_stale_not_compiled_or_written_by_hand_is_found(tmp_path: Path) -> None:
    asked = Catalog(charset="utf-8", fuzzy=False)
    asked.add("Subscribe", locations=[("a.py", 0)])
    asked.add("Leave", locations=[("a.py", 0)])
    made(tmp_path, asked, Subscribe="Abonare", Leave="Renunțare")
    po = po_path(tmp_path, "ro")
    assert not_made(tmp_path, "ro", asked) == []
    whole = po.read_text(encoding="utf-8")
    po.write_text(whole.replace("Renunțare", "Renunțați"), encoding="utf-8")
    assert [fault.endswith("to compile it") for fault in not_made(tmp_path, "ro", asked)] == [True]
    po.write_text(whole.replace('msgid "Leave"', 'msgid ""\n"Leave"'), encoding="utf-8")
    assert [fault.endswith("in one form") for fault in not_made(tmp_path, "ro", asked)] == [True]
    po.write_text(whole, encoding="utf-8")
    po.with_suffix(".mo").unlink()
    assert [fault.endswith("to compile it") for fault in not_made(tmp_path, "ro", asked)] == [True]
    made(tmp_path, asked, Subscribe="Abonare", Leave="Renunțare")
    asked.add("Pause", locations=[("a.py", 0)])
    assert [fault.endswith("in one form") for fault in not_made(tmp_path, "ro", asked)] == [True]


@pytest.mark.parametrize("language", SAME)
def test_the_lists_of_what_may_be_the_same_have_nothing_too_much(language: str) -> None:
    assert too_much(SAME[language], wanted(), read(ROOT, language)) == set()


def test_a_word_too_much_on_such_a_list_is_found() -> None:
    asked, catalog = Catalog(), Catalog(locale="ro")
    for source, text in (("Contact", "Contact"), ("Leave", "Renunțare"), (("%(n)s site", "sites"), ("site", "", ""))):
        asked.add(source)
        catalog.add(source, text)
    assert too_much({"Contact", "Leave", "Gone", "site"}, asked, catalog) == {"Leave", "Gone", "site"}


def test_every_language_has_a_folder_and_every_folder_a_language() -> None:
    assert strangers(ROOT) == set()


def test_a_folder_without_a_language_and_a_language_without_a_folder_are_found(tmp_path: Path) -> None:
    for name in ("xx", *TRANSLATED[1:]):
        (tmp_path / "locale" / name).mkdir(parents=True)
    assert strangers(tmp_path) == {"xx", TRANSLATED[0]}


def test_no_message_hides_where_the_collector_does_not_see_it() -> None:
    """Inside an f-string, or put together before gettext is asked: both would stay English unnoticed."""
    hidden = [
        f"{path}:{call.lineno}: {ast.unparse(call)}"
        for path, module in modules()
        if path.as_posix() not in TRANSLATED_ELSEWHERE
        for call in _hidden(module)
    ]
    assert not hidden, "\n".join(hidden)


def test_a_hidden_message_is_found() -> None:
    seen = ast.parse("_('whole')\nf'{name}'\n_('a ' 'b')")
    assert not list(_hidden(seen))
    for line in ("f'<p>{_(\"inside\")}</p>'", "_(f'of {name}')", "gettext(name)", "ngettext('a', some, n)"):
        assert list(_hidden(ast.parse(line))), line


def test_whatever_is_counted_has_plural_forms() -> None:
    found = [message.id for message in wanted() if isinstance(message.id, str) and COUNTED.search(message.id)]
    assert not found, f"use ngettext with {found}"


def test_what_is_counted_without_plural_forms_is_found() -> None:
    assert all(COUNTED.search(text) for text in ("At most %d characters.", "Of %(number)d topics"))
    assert not any(COUNTED.search(text) for text in ("It took %(seconds)d s.", "%d km", "which made bulletin %d."))


def not_made(root: Path, language: str, asked: Catalog) -> list[str]:
    """What `make messages` would still change in a language's two files."""
    path = po_path(root, language)
    catalog, compiled = read(root, language), path.with_suffix(".mo")
    found = []
    if not compiled.exists() or compiled.read_bytes() != mo_bytes(catalog):
        found.append(f"{path}: run `make messages` to compile it")
    update(catalog, asked)
    if path.read_bytes() != po_bytes(catalog):
        found.append(f"{path}: run `make messages`, which writes it in one form")
    return found


def made(root: Path, asked: Catalog, **texts: str) -> None:
    """A Romanian catalog with these texts, as `make messages` leaves it."""
    catalog, path = read(root, "ro"), po_path(root, "ro")
    update(catalog, asked)
    for source, text in texts.items():
        catalog[source].string = text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(po_bytes(catalog))
    path.with_suffix(".mo").write_bytes(mo_bytes(read(root, "ro")))


def too_much(same: Collection[str], asked: Catalog, catalog: Catalog) -> set[str]:
    """What no message or no translation is."""
    sources = {text for message in asked for text in parts(message.id)}
    used = {text for message in catalog for text in parts(message.string)}
    return set(same) - (sources & used)


def strangers(root: Path) -> set[str]:
    """Folders of no language, and languages of no folder."""
    return {path.name for path in (root / "locale").iterdir()} ^ set(TRANSLATED)


def parts(text: object) -> tuple[str, ...]:
    """The forms of a message with plurals, else the one text."""
    return tuple(text) if isinstance(text, (tuple, list)) else (str(text),)


def _hidden(module: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            yield from _gettext_calls(node)
    for call, keyword in _gettext_calls(module).items():
        how = KEYWORDS[keyword]
        if not all(isinstance(text, ast.Constant) for text in call.args[: len(how) if how else 1]):
            yield call


def _gettext_calls(tree: ast.AST) -> dict[ast.Call, str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {one: one.func.id for one in calls if isinstance(one.func, ast.Name) and one.func.id in KEYWORDS}
