"""The Dockerfile as instructions."""

import re
from functools import cache

from tests.architecture.project import ROOT


@cache
def instructions() -> list[tuple[str, str]]:
    """("COPY", "manage.py .") and so on, in order, without comments and with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def of(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def environment() -> dict[str, str]:
    """What ENV sets in the image, as it is written."""
    return dict(word.split("=", 1) for rest in of("ENV") for word in rest.split())
