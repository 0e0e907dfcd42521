"""Holes: the places of a message that differ between recipients, and the marks that stand for them in templates."""

import enum
import re
import secrets
import string


class Hole(enum.StrEnum):
    """What is filled in per recipient, in bytes that are ready to send."""

    ADDRESS = "address"  # To: <local@domain>, see address_header_value
    MESSAGE_ID = "message-id"  # the part of Message-ID before the @
    TOKEN = "token"  # noqa: S105  # the unsubscribe token: in List-Unsubscribe and in both bodies
    ITEMS_TEXT = "items-text"  # a digest's items: fragments by encode_fragment, joined
    ITEMS_HTML = "items-html"

    # Enum's own __hash__ is Python code; str's is cached. It is half the time of looking five holes up.
    __hash__ = str.__hash__

    @property
    def is_block(self) -> bool:
        """Filled with whole encoded lines, not with a word inside a line."""
        return self in {Hole.ITEMS_TEXT, Hole.ITEMS_HTML}


class Part(enum.StrEnum):
    """Where in a message a mark stands."""

    HEADER = "a header"
    TEXT = "the text"
    HTML = "the HTML"


# The same value goes into every place of a hole, so a hole may stand only where its value needs no other encoding.
PLACES = {
    Hole.ADDRESS: {Part.HEADER},
    Hole.MESSAGE_ID: {Part.HEADER},
    Hole.TOKEN: {Part.HEADER, Part.TEXT, Part.HTML},
    Hole.ITEMS_TEXT: {Part.TEXT},
    Hole.ITEMS_HTML: {Part.HTML},
}


class BadHole(ValueError):  # noqa: N818  named as what happened
    """A mark stands where its hole can't be filled, or was changed. The message is for a template's author."""


class Marks:
    """The marks of one compilation: lower-case ASCII letters, which HTML escaping and CSS inlining leave alone.

    Each object draws 28 letters (131 bits) anew, so nobody who writes a body can know them before it is compiled, and
    a mark that leaked out of one message is an ordinary word in the next.
    """

    def __init__(self) -> None:
        self._secret = "hole" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(28))
        self._holes = {self._secret + hole.replace("-", ""): hole for hole in Hole}
        self._marks = {hole: mark for mark, hole in self._holes.items()}
        self._pattern = re.compile("(" + "|".join(self._holes) + ")")

    def mark(self, hole: Hole) -> str:
        """The word to put where the hole shall be: into a template's context or a header's value."""
        return self._marks[hole]

    def split(self, text: str, part: Part) -> list[str | Hole]:
        """The text as pieces and holes in turn, pieces at both ends (perhaps empty).

        Raises BadHole when a hole must not stand in this part of a message, or when a mark was changed on the way.
        """
        pieces = self._pattern.split(text)
        for piece in pieces[::2]:
            if self._secret in piece.lower():
                raise BadHole(f"a mark in {part} was changed after it was put there: {piece[-80:]!r}")
        found: list[str | Hole] = [self._holes.get(piece, piece) for piece in pieces]
        for hole in found[1::2]:
            if isinstance(hole, Hole) and part not in PLACES[hole]:
                allowed = " or ".join(sorted(PLACES[hole]))
                raise BadHole(f"the hole {hole} stands in {part}; it can only stand in {allowed}")
        return found
