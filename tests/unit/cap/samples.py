"""Where the real messages of others lie, beside the repository; a lone clone has none."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "cap"

needs_samples = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason=f"SKIPPED: the real messages are not in {FOLDER}; nothing was compared with them",
)


def samples(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((FOLDER / folder).glob("*"))]
