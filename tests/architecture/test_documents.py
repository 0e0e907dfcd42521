"""README and docs/: their links, pictures, paths, commands and decisions are there."""

import re
from pathlib import Path

import pytest

from tests.architecture.project import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)")
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|toml|yml))`")
MAKE = re.compile(r"\bmake ([a-z][a-z-]+)")
PARTS = ["Context", "Decision", "Consequences", "The figure that decided"]


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_documents_links_and_pictures_exist(document: Path) -> None:
    links = LINK.findall(document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_the_files_that_a_document_names_exist(document: Path) -> None:
    named = {path for path in PATH.findall(document.read_text()) if path.split("/")[0] in _top()}

    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_the_make_targets_that_a_document_names_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join(re.findall(r"```.*?```|`[^`]+`", document.read_text(), re.DOTALL))

    assert set(MAKE.findall(code)) - targets == set()


@pytest.mark.parametrize("decision", DECISIONS, ids=name)
def test_a_decision_has_context_consequences_and_a_figure(decision: Path) -> None:
    assert re.findall(r"^## (.+)$", decision.read_text(), re.MULTILINE) == PARTS


def test_decisions_are_numbered_in_order_and_listed() -> None:
    numbers = [int(decision.name[:4]) for decision in DECISIONS]
    index = (ROOT / "docs/architecture.md").read_text()

    assert numbers == list(range(1, len(DECISIONS) + 1))
    assert [decision.name for decision in DECISIONS if f"(adr/{decision.name})" not in index] == []


def _top() -> set[str]:
    return {path.name for path in ROOT.iterdir()}
