"""The parts of a run, which are taken at the same time: each a process with a world and a browser of its own."""

import os
from pathlib import Path
from typing import NamedTuple

NAMES = ("citizens", "staff")  # and the databases that they have


class Part(NamedTuple):
    name: str
    folder: Path
    only: list[str]  # words in the pictures' names; none: every picture
    database: str
    broker: str


class Taken(NamedTuple):
    """The pictures' names, and which could not be taken and why."""

    names: list[str]
    missing: list[str]


def take(part: Part) -> Taken:
    """In a process that has not read Django's settings yet."""
    os.environ |= {"DATABASE_URL": part.database, "REDIS_URL": part.broker}
    import django  # noqa: PLC0415  its settings read this environment

    django.setup()
    from tests.browser.gallery.run import take_all  # noqa: PLC0415

    return Taken(*take_all(part.name, part.folder, part.only))
