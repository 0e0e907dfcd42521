"""Somebody else's text inside our reasons and warnings: always short, always one printable line."""

import re

QUOTED_CHARACTERS = 60

# Control characters steer terminals, bidirectional overrides turn a sentence around. Joiners of scripts stay.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str, limit: int = QUOTED_CHARACTERS) -> str:
    """`text` with white space as single spaces, control characters as "�", cut at `limit` characters."""
    head = " ".join(text[: 4 * limit].split())
    printable = _UNSAFE.sub("�", head)
    cut = len(printable) > limit or len(text) > 4 * limit
    return printable[:limit] + "…" if cut else printable


def quoted(text: str, limit: int = QUOTED_CHARACTERS) -> str:
    """`text` as `one_line` between quotation marks."""
    return f"“{one_line(text, limit)}”"


def bounded(lines: list[str], limit: int) -> list[str]:
    """The first `limit` of `lines`, and how many more there were: a hostile file has a million faults."""
    if len(lines) <= limit:
        return lines
    return [*lines[:limit], f"and {len(lines) - limit:,} more"]
