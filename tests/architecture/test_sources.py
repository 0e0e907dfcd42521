"""Every tracked file: no machine's paths, no registry's address, nothing left to do."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, tracked_files

THIS = Path(__file__).resolve().relative_to(ROOT)
BINARY = {".png", ".ico", ".woff2", ".gz", ".mo"}
MACHINE = re.compile(r"(?<![\w.~-])/(work|home|root|Users|opt|mnt|data)/\w")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|npm\.pkg|docker\.io|ghcr\.io|quay\.io|--(extra-)?index-url|--find-links",
    re.IGNORECASE,
)
# The words that are looked for, and so the one place where they stand.
UNDONE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def lines(pattern: re.Pattern[str]) -> Iterator[str]:
    """`path:line: text` of every line that the pattern finds."""
    for path in tracked_files():
        if path.suffix not in BINARY and path != THIS:
            text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
            for number, line in enumerate(text.splitlines(), start=1):
                if pattern.search(line):
                    yield f"{path}:{number}: {line.strip()[:120]}"


@pytest.mark.parametrize(
    "pattern", [MACHINE, REGISTRY, UNDONE], ids=["machine's path", "registry's address", "left to do"]
)
def test_no_tracked_file_has_a(pattern: re.Pattern[str]) -> None:
    assert list(lines(pattern)) == []


def test_every_folder_of_tests_states_its_rules() -> None:
    """In a README of its own or of the folder above it."""
    folders = {path.parent for path in tracked_files() if path.parts[0] == "tests" and path.name.startswith("test_")}

    assert folders
    assert [str(folder) for folder in sorted(folders) if not _has_rules(folder)] == []


def _has_rules(folder: Path) -> bool:
    above = [one for one in (folder, *folder.parents) if len(one.parts) > 1]
    return any((ROOT / one / "README.md").is_file() for one in above)
