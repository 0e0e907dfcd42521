"""What the embedded PostgreSQL takes of a machine's memory."""

import os
from pathlib import Path

import pytest

from govnotify.embedded.memory import MB, available_memory, shared_buffers


@pytest.mark.parametrize(
    ("memory_mb", "given"), [(256, "128MB"), (2_000, "500MB"), (24_000, "6000MB"), (512_000, "8192MB")]
)
def test_it_is_a_quarter_within_bounds(memory_mb: int, given: str) -> None:
    assert shared_buffers(memory_mb * MB) == given


def test_a_container_has_what_it_is_allowed(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("805306368\n")
    assert available_memory((limit,)) == 768 * MB


def test_a_container_without_a_limit_has_the_machine(tmp_path: Path) -> None:
    unlimited = tmp_path / "memory.max"
    unlimited.write_text("max\n")
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert available_memory((unlimited, tmp_path / "missing")) == physical
