"""Takes a picture of every page and every kind of mail: python -m tests.browser.gallery FOLDER [--only WORD]…

On a phone and a desktop, by day and by night, in English and Arabic, from the demo's country on servers of its own.
FOLDER/index.html shows them side by side.
"""

import argparse
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from cryptography.fernet import Fernet

from govnotify.demo import government
from govnotify.embedded import Postgres, Valkey
from tests.browser.gallery.index import write_index
from tests.browser.gallery.parts import NAMES, Part, take

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # the data lives as long as the run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="pictures whose name has the word")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    # Each part is a process of its own: one waits for its browser most of the time.
    with own_servers(chosen.folder, chosen.only) as parts, ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        taken = list(pool.map(take, parts))
    index = write_index(chosen.folder, [name for part in taken for name in part.names])
    pictures = len(list(chosen.folder.glob("*.png")))
    print(f"{pictures} pictures in {time.monotonic() - begun:.0f} s: {index}")  # noqa: T201
    if missing := [line for part in taken for line in part.missing]:
        sys.exit("No picture of:\n" + "\n".join(missing))


@contextmanager
def own_servers(pictures: Path, only: list[str]) -> Iterator[list[Part]]:
    """PostgreSQL and Valkey until the block ends, with databases for each part."""
    with tempfile.TemporaryDirectory(prefix="govnotify-gallery-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL's own user comes in
        postgres, valkey = Postgres(folder / "postgres", settings=QUICK), Valkey(folder / "valkey")
        try:
            postgres.start()
            valkey.start()
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "govnotify.settings",
                "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Django refuses the database beside the browser's event loop
                "DATABASE_URL": postgres.url(),
                "REDIS_URL": valkey.url(),
                "SECRET_KEY": secrets.token_hex(32),
                "FIELD_KEYS": Fernet.generate_key().decode(),
                "SERVICE_OPERATOR": government.NAME,
                "SERVICE_POSTAL_ADDRESS": government.POSTAL_ADDRESS,
                "SERVICE_TRANSLATIONS": json.dumps(government.TRANSLATIONS),
            }
            parts = []
            for number, part in enumerate(NAMES):
                postgres.wait_until_ready(part)
                parts.append(Part(part, pictures, only, postgres.url(part), valkey.url(number)))
            yield parts
        finally:
            valkey.stop()
            postgres.stop()


if __name__ == "__main__":
    main()
