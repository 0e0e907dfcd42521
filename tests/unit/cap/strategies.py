"""Any message that we may send, for Hypothesis."""

from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

from alerts.cap.message import (
    Area,
    CapMessage,
    Category,
    Certainty,
    Circle,
    Info,
    MsgType,
    Polygon,
    Reference,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
    ValuePair,
)

# Without ">" and ";" no text can be HTML; "<" and "&" stay in to be escaped.
_CHARACTERS = st.characters(
    exclude_categories=["Cs"],
    exclude_characters=[">", ";", "!", "\ufffe", "\uffff", *map(chr, {*range(32)} - {9, 10, 13})],
)
TEXTS = st.text(_CHARACTERS, max_size=30)
_FILLED = TEXTS.filter(str.strip)
_TOKENS = st.text(_CHARACTERS, min_size=1, max_size=30).filter(
    lambda text: not any(character in ",<&" or character.isspace() for character in text)
)
_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_START = datetime(1900, 1, 1)
_END = datetime(2900, 1, 1)
_TIMES = st.datetimes(_START, _END, timezones=_OFFSETS).map(lambda time: time.replace(microsecond=0))
_LANGUAGES = ["en-US", "fr", "zh-Hant-TW", "sl-rozaj-biske", "de-CH-1901", "x-mill"]
_ADDRESSES = st.sampled_from(["", "https://rivers.example/a?b=c&d=%20#e", "urn:example:1"])
_PAIRS = st.lists(st.builds(ValuePair, TEXTS, TEXTS), max_size=3).map(tuple)
_SIDES = st.floats(1e-3, 5)
_HEIGHTS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def messages(draw: st.DrawFn) -> CapMessage:
    sent = draw(_TIMES)
    scope = draw(st.sampled_from(Scope))
    languages = draw(st.lists(st.sampled_from(_LANGUAGES), min_size=1, max_size=3, unique=True))
    return CapMessage(
        identifier=draw(_TOKENS),
        sender=draw(_TOKENS),
        sent=sent,
        status=draw(st.sampled_from(Status)),
        msg_type=draw(st.sampled_from(MsgType)),
        source=draw(TEXTS),
        scope=scope,
        restriction=draw(_FILLED) if scope is Scope.RESTRICTED else "",
        addresses=draw(_FILLED) if scope is Scope.PRIVATE else "",
        codes=draw(st.lists(TEXTS, max_size=3).map(tuple)),
        note=draw(TEXTS),
        references=draw(st.lists(_references(sent), min_size=1, max_size=3).map(tuple)),
        incidents=draw(TEXTS),
        infos=tuple(draw(_infos(language, sent)) for language in languages),
    )


def _references(sent: datetime) -> st.SearchStrategy[Reference]:
    ages = st.timedeltas(timedelta(seconds=1), timedelta(days=9_000))
    times = ages.map(lambda age: (sent - age).replace(microsecond=0))
    return st.builds(Reference, _TOKENS, _TOKENS, times)


@st.composite
def _infos(draw: st.DrawFn, language: str, sent: datetime) -> Info:
    effective = draw(st.none() | st.just(sent))
    onset = draw(st.none() | st.integers(0, 10**6).map(lambda later: sent + timedelta(seconds=later)))
    return Info(
        language=language,
        categories=tuple(draw(st.lists(st.sampled_from(Category), min_size=1, max_size=3))),
        event=draw(_FILLED),
        response_types=tuple(draw(st.lists(st.sampled_from(ResponseType), max_size=3))),
        urgency=draw(st.sampled_from(Urgency)),
        severity=draw(st.sampled_from(Severity)),
        certainty=draw(st.sampled_from(Certainty)),
        audience=draw(TEXTS),
        event_codes=draw(_PAIRS),
        effective=effective,
        onset=onset,
        expires=(onset or sent) + timedelta(seconds=draw(st.integers(1, 10**6))),
        sender_name=draw(TEXTS),
        headline=draw(TEXTS),
        description=draw(TEXTS),
        instruction=draw(TEXTS),
        web=draw(_ADDRESSES),
        contact=draw(TEXTS),
        parameters=draw(_PAIRS),
        resources=tuple(draw(st.lists(_RESOURCES, max_size=2))),
        areas=tuple(draw(st.lists(_areas(), min_size=1, max_size=3))),
    )


_RESOURCES = st.builds(
    Resource,
    resource_desc=TEXTS,
    mime_type=TEXTS,
    size=st.none() | st.integers(0, 10**18 - 1),
    uri=_ADDRESSES,
    deref_uri=TEXTS,
    digest=TEXTS,
)


@st.composite
def _areas(draw: st.DrawFn) -> Area:
    altitude = draw(st.none() | _HEIGHTS)
    return Area(
        area_desc=draw(_FILLED),
        polygons=tuple(draw(st.lists(_RECTANGLES, max_size=2))),
        circles=tuple(draw(st.lists(_CIRCLES, max_size=2))),
        geocodes=(ValuePair("place", draw(TEXTS)), *draw(_PAIRS)),
        altitude=altitude,
        ceiling=None if altitude is None else draw(st.none() | _HEIGHTS),
    )


def _rectangle(south: float, west: float, height: float, width: float) -> Polygon:
    north, east = south + height, west + width
    return ((south, west), (south, east), (north, east), (north, west), (south, west))


_RECTANGLES: st.SearchStrategy[Polygon] = st.builds(
    _rectangle, st.floats(-90, 85), st.floats(-180, 175), _SIDES, _SIDES
)
_CIRCLES: st.SearchStrategy[Circle] = st.tuples(
    st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 20_000, exclude_min=True)
)
