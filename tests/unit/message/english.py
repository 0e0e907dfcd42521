"""What of a mail is still English: the pieces of our own messages, between their placeholders."""

import re
from functools import cache
from pathlib import Path

from govnotify.wording.extraction import messages
from govnotify.wording.faults import HOLE

ROOT = Path(__file__).resolve().parents[3]
SHORTEST = 8  # letters: a shorter piece may be a word of the other language, or stand in an address


@cache
def pieces(name: str) -> frozenset[str]:
    """Of every message in the mail's own templates and in the frame of all mails."""
    places = re.compile(rf"templates/emails/({name}/|base\.)")
    texts = (
        text
        for message in messages(ROOT)
        if any(places.match(place) for place, _line in message.locations)
        for text in ([message.id] if isinstance(message.id, str) else message.id)
    )
    found = (piece.strip(" .,:–“”\n") for text in texts for piece in HOLE.split(text))
    return frozenset(piece for piece in found if len(piece) >= SHORTEST)


def left_over(name: str, *parts: str) -> set[str]:
    """Pieces of English in the parts of a mail, however its lines are broken."""
    said = [" ".join(part.split()) for part in parts]
    return {piece for piece in pieces(name) if any(" ".join(piece.split()) in part for part in said)}
