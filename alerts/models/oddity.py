"""What an import finds odd about a message: kept as a code with one detail, and worded for whoever reads it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.cap.checks import CapWarning
from alerts.cap.lexical import parse_time
from alerts.cap.sentences import said
from alerts.cap.wording import one_line
from govnotify.lib.local_time import clock_time

# As `Alert.warnings` holds it: a code with its detail; the code of a broken rule of CAP with what its sentence
# says, and whether there are more of the kind; or a sentence of whoever gave the message.
Kept = str | Sequence[Any]


class Oddity(StrEnum):
    """The detail is what the sentence has a place for: a language, a time as CAP writes it, a reference."""

    NOTE_CUT = "note-cut"
    LANGUAGE_LEFT_OUT = "language-left-out"
    TEXT_CUT = "text-cut"
    ENDLESS = "endless"
    ENDED = "ended"
    FOLLOWS_UNKNOWN = "follows-unknown"

    def about(self, detail: str = "") -> list[str]:
        return [self.value, detail]


SENTENCES = {
    Oddity.NOTE_CUT: _("Its note was cut; the message as it came has the whole."),
    Oddity.LANGUAGE_LEFT_OUT: _("Its text in %s was left out: too many languages."),
    Oddity.TEXT_CUT: _("Its text in %s was cut; the message as it came has the whole."),
    Oddity.ENDLESS: _("It says no time at which it ends: it can be read, not sent."),
    Oddity.ENDED: _("It ended on %s: it can be read, not sent."),
    Oddity.FOLLOWS_UNKNOWN: _("It follows “%(identifier)s” of %(sender)s, sent on %(moment)s, which is not here."),
}


def kept(warning: CapWarning) -> Kept:
    """A broken rule as it is stored."""
    return [warning.code, warning.values, warning.and_more]


def in_words(stored: Kept, zone: ZoneInfo) -> str:
    """In the language in use, by the clocks of the zone."""
    match stored:
        case str():
            return stored
        case [code, dict(values), and_more]:
            return said(code, values, and_more=and_more, say=gettext, at=lambda moment: clock_time(moment, zone))
        case [Oddity.ENDED, detail]:
            return str(SENTENCES[Oddity.ENDED]) % clock_time(parse_time(detail), zone)
        case [Oddity.FOLLOWS_UNKNOWN, detail]:
            sender, identifier, sent = detail.split(",")  # which no part of a reference holds
            moment = clock_time(parse_time(sent), zone)
            named = {"sender": one_line(sender), "identifier": one_line(identifier), "moment": moment}
            return str(SENTENCES[Oddity.FOLLOWS_UNKNOWN]) % named
        case [code, detail]:
            sentence = str(SENTENCES[Oddity(code)])
            return sentence % detail if detail else sentence
    raise ValueError(f"nothing that an import finds odd is stored as {stored!r}")
