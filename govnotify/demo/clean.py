"""Removes a demo's folder: python3 govnotify/demo/clean.py STATE. Needs nothing but Python.

Only what a demo puts there is removed, so that a folder named by mistake keeps what is in it.
"""

import fcntl
import shutil
import sys
from pathlib import Path

OURS = ("postgres", "valkey", "mails", "receiver", "logs", "secrets.json", "secrets.new", "lock", "beat-schedule*")


def main() -> str | None:
    folder = Path(sys.argv[1])
    if not (folder / "lock").exists():
        print(f"Nothing to clean: no demo has run on {folder}.")  # noqa: T201
        return None
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return f"A demo is running on {folder}: stop it with Ctrl-C first."
        for pattern in OURS:
            for path in folder.glob(pattern):
                remove(path)
    if not any(folder.iterdir()):
        folder.rmdir()
    print(f"Removed the demo's data in {folder}.")  # noqa: T201
    return None


def remove(path: Path) -> None:
    """Remove it; where it is a link, as PostgreSQL's data are for root, what it points to as well."""
    target = path.resolve()
    if path.is_symlink():
        path.unlink()
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
