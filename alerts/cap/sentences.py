"""What each rule beyond the schema says of a message that breaks it: in English, and for translators to find.

The sentences are messages of the interface; whoever shows one to people gives the language and the clocks. Names of
elements and values are those of CAP 1.2, which nobody translates.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from alerts.cap.lexical import format_time, parse_time


def gettext_noop(message: str) -> str:
    """The message, marked for `make messages`."""
    return message


# `%(where)s` is a place in the message, `%(…_at)s` a time, all else stands as it was found.
SENTENCES = {
    "mandatory-empty": gettext_noop("%(where)s is empty: fill it in"),
    "identifier-characters": gettext_noop("identifier %(text)s holds a space, comma, < or &: use others"),
    "sender-characters": gettext_noop("sender %(text)s holds a space, comma, < or &: use others"),
    "restriction-without-scope": gettext_noop(
        "restriction is for scope Restricted, this is %(scope)s: remove it or change scope"
    ),
    "restriction-missing": gettext_noop("scope Restricted needs a restriction: say to whom it is restricted"),
    "addresses-without-scope": gettext_noop(
        "addresses are for scope Private, this is %(scope)s: remove them or change scope"
    ),
    "addresses-missing": gettext_noop("scope Private needs addresses: name the recipients"),
    "references-missing": gettext_noop("msgType %(type)s needs references: name every message that it is about"),
    "reference-unreadable": gettext_noop("reference %(text)s is no sender,identifier,sent"),
    "reference-characters": gettext_noop("reference to %(text)s: a part is empty or holds a space, comma, < or &"),
    "reference-to-itself": gettext_noop("the message refers to itself: name its predecessors only"),
    "reference-later": gettext_noop("reference to %(text)s of %(sent_at)s is later than this message of %(own_at)s"),
    "reference-time": gettext_noop("reference %(text)s: its time has no numeric offset or no whole seconds"),
    "info-missing": gettext_noop("msgType %(type)s has no info: say what happens"),
    "language-tag": gettext_noop("%(where)s: language %(text)s is no language tag such as en or fr-CA"),
    "expires-missing": gettext_noop("%(where)s has no expires: say until when it holds"),
    "expires-before-effective": gettext_noop("%(where)s: expires %(expires_at)s is not after effective %(start_at)s"),
    "expires-before-onset": gettext_noop("%(where)s: expires %(expires_at)s is not after onset %(start_at)s"),
    "html-in-text": gettext_noop("%(where)s holds HTML %(text)s: CAP carries plain text"),
    "web-not-absolute": gettext_noop(
        "%(where)s: web %(text)s is no absolute address such as https://agency.example/alert"
    ),
    "resource-uri-space": gettext_noop("%(where)s: uri %(text)s holds white space: write it as %%20"),
    "resource-size": gettext_noop("line %(line)s: the size of a resource has too many digits, left out"),
    "resource-size-range": gettext_noop("%(where)s: a resource of %(size)s bytes cannot be: correct or drop its size"),
    "area-missing": gettext_noop("%(where)s has no area: say where it holds"),
    "area-only-described": gettext_noop("%(where)s has only a description: add a polygon, a circle or a geocode"),
    "area-unreadable": gettext_noop("%(where)s: %(text)s cannot be read: write lat,lon lat,lon … or lat,lon km"),
    "polygon-points": gettext_noop("%(where)s has too few points: it takes 4, the last the same as the first"),
    "polygon-open": gettext_noop("%(where)s is not closed: repeat its first point at the end"),
    "polygon-range": gettext_noop("%(where)s: %(point)s is not within ±90,±180: write latitude,longitude in degrees"),
    "polygon-self-intersecting": gettext_noop("%(where)s crosses or touches itself: draw it as one simple outline"),
    "polygon-too-detailed": gettext_noop(
        "%(where)s has too many points to see whether it crosses itself: "
        "simplify to %(most)s points, to %(in_all)s in all"
    ),
    "circle-range": gettext_noop("%(where)s: the circle's centre %(point)s is not within ±90,±180"),
    "circle-radius": gettext_noop("%(where)s: a circle with a radius of %(radius)s km: give more than 0"),
    "ceiling-without-altitude": gettext_noop("%(where)s has a ceiling and no altitude: give both"),
    "height-not-finite": gettext_noop("%(where)s: altitude or ceiling is no usable number of feet"),
}
OUR_OWN = {  # of what we would send ourselves; only programs meet these
    "language-repeated": "language %(text)s has more than one info: write one per language",
    "characters-not-xml": "%(name)s: %(point)s (character %(place)s) is not XML: remove it",
    "time-without-offset": "%(name)s %(time)s has no offset from UTC: give an aware datetime",
    "time-offset-range": "%(name)s %(time)s has an offset beyond 14 hours or with seconds: give it in UTC",
    "time-range": "%(name)s %(time)s is outside the years 1 to 9999 in UTC: correct it",
    "time-fraction": "%(name)s %(time)s has a fraction of a second, CAP only whole ones: cut it before you keep it",
}
PLACES = {
    "info": gettext_noop("info %(number)s"),
    "info-of": gettext_noop("info %(number)s (%(text)s)"),
    "area": gettext_noop("area %(number)s"),
    "area-of": gettext_noop("area %(number)s %(text)s"),
    "polygon": gettext_noop("polygon %(number)s"),
}
AND_MORE = gettext_noop("%(said)s (and more of the kind)")

INSIDE = gettext_noop("%(outer)s, %(inner)s")
NAMED = gettext_noop("%(label)s: %(value)s")

Step = Sequence[str]  # of PLACES with number and text, or the name of an element alone
Values = Mapping[str, str | Sequence[Step]]


def said(
    code: str,
    values: Values,
    *,
    and_more: bool = False,
    say: Callable[[str], str] = str,
    at: Callable[[datetime], str] = format_time,
) -> str:
    """The sentence about a broken rule; `say` translates a message, `at` shows a time.

    `values` are texts as they are to be shown, times as CAP writes them, and steps to the place in the message.
    """
    shown = {name: _shown(name, value, say, at) for name, value in values.items()}
    sentence = say((SENTENCES | OUR_OWN)[code]) % shown
    return say(AND_MORE) % {"said": sentence} if and_more else sentence


def _shown(name: str, value: str | Sequence[Step], say: Callable[[str], str], at: Callable[[datetime], str]) -> str:
    if isinstance(value, str):
        return at(parse_time(value)) if name.endswith("_at") else value
    where = ""
    for kind, *about in value:
        if not about:
            where = say(NAMED) % {"label": where, "value": kind} if where else kind
            continue
        number, text = about
        step = say(PLACES[f"{kind}-of" if text else kind]) % {"number": number, "text": text}
        where = say(INSIDE) % {"outer": where, "inner": step} if where else step
    return where
