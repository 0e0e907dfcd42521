"""The infos of a CAP message from elsewhere as one text per language and one list of areas.

Others write several infos in one language, for parts of an area or degrees of one danger. The worst stands
first; what was said for one part keeps the name of its part beside it.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from alerts.acts.content import LANGUAGE, VARIANTS, VariantText
from alerts.cap.message import Area, CapMessage, Certainty, Info, Severity, Urgency
from alerts.cap.wording import one_line
from alerts.models import Oddity
from alerts.models.bulletin import BODY_LENGTH, EVENT_LENGTH, TITLE_LENGTH, BulletinVariant
from govnotify.lib.languages import spoken

PARTIAL = re.compile(r"(&[^;]*|<[^>]*)$")  # an escape or a tag that was cut in two
UNDETERMINED = "und"  # RFC 5646 section 4.1: a language that nobody can name


def texts_of(message: CapMessage, default_language: str) -> tuple[list[VariantText], list[list[str]]]:
    """One text per language, the worst first, and an oddity for everything that did not fit into them.

    The texts are the same for whoever imports it: what we add to one is in its own language.
    """
    if not message.infos:  # a bare cancel, as the schema permits
        title = one_line(f"{message.msg_type}: {message.note or message.identifier}", TITLE_LENGTH - 1)
        body, whole = _fitting([_paragraph(message.note or title)])
        cuts = [] if whole else [Oddity.NOTE_CUT.about()]
        event = str(message.msg_type)
        return [VariantText(default_language, title, body, BulletinVariant.Format.HTML, event=event)], cuts
    by_language: dict[str, list[Info]] = {}
    for info in worst_first(message.infos):
        by_language.setdefault(_language(info.language), []).append(info)
    kept = list(by_language.items())[:VARIANTS]
    cuts = [Oddity.LANGUAGE_LEFT_OUT.about(name) for name in list(by_language)[VARIANTS:]]
    texts = []
    for language, infos in kept:
        text, whole = _text(language, infos)
        texts.append(text)
        if not whole:
            cuts.append(Oddity.TEXT_CUT.about(language))
    return texts, cuts


def merged_areas(infos: Iterable[Info]) -> list[dict[str, Any]]:
    """Every place of the message once: another language's name for the same shape is not another place."""
    areas = {_shape(area) or (area.area_desc,): area for info in reversed(list(infos)) for area in reversed(info.areas)}
    return [_stored(area) for area in reversed(areas.values())]


def untitled_in_all() -> set[str]:
    """What stands for a missing title, in each of our languages."""
    return {_untitled(language) for language, _name in settings.LANGUAGES}


def worst_first(infos: Iterable[Info]) -> list[Info]:
    """By severity, then urgency, then certainty, as CAP 1.2 section 3.2.2 orders their values."""
    return sorted(infos, key=lambda info: [_rank(info.severity), _rank(info.urgency), _rank(info.certainty)])


def _text(language: str, infos: list[Info]) -> tuple[VariantText, bool]:
    """One text, and whether all of it found room."""
    untitled = _untitled(spoken(language))
    parts: dict[tuple[str, ...], list[Info]] = {}
    for info in infos:
        parts.setdefault((info.headline, info.event, info.description, info.instruction), []).append(info)
    instructions = {info.instruction.strip() for info in infos}
    common = instructions.pop() if len(instructions) == 1 else ""
    blocks: list[str] = []
    for same in parts.values():
        if len(parts) > 1:
            blocks += [f"<h2>{escape(_heading(same[0]) or untitled)}</h2>", *_where(same)]
        blocks += _paragraphs(same[0].description)
        blocks += [] if common else _paragraphs(same[0].instruction)
    title = _heading(infos[0]) or untitled
    body, whole = _fitting(blocks or [_paragraph(title)])
    text = VariantText(
        language=language,
        title=one_line(title, TITLE_LENGTH - 1),
        body=body,
        body_format=BulletinVariant.Format.HTML,
        instruction=common[:BODY_LENGTH],
        event=one_line(infos[0].event, EVENT_LENGTH - 1),
    )
    return text, whole and len(common) <= BODY_LENGTH and len(title) < TITLE_LENGTH


def _untitled(language: str) -> str:
    with translation.override(language):
        return _("Alert without a title")


def _heading(info: Info) -> str:
    return " ".join((info.headline.strip() or info.event).split())


def _where(infos: Sequence[Info]) -> list[str]:
    names = "; ".join(dict.fromkeys(area.area_desc for info in infos for area in info.areas))
    return [_paragraph(names)] if names else []


def _paragraphs(text: str) -> list[str]:
    return [_paragraph(part) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]


def _paragraph(text: str) -> str:
    lines = (escape(line.strip()) for line in text.strip().splitlines())
    return f"<p>{'<br>'.join(lines)}</p>"


def _fitting(blocks: list[str]) -> tuple[str, bool]:
    """As many whole blocks as a body may hold, or the beginning of the first one; and whether that is all of them."""
    fitting: list[str] = []
    left = BODY_LENGTH
    for block in blocks:
        left -= len(block) + 1
        if left < 0:
            return "\n".join(fitting) or _beginning(block), False
        fitting.append(block)
    return "\n".join(fitting), True


def _beginning(block: str) -> str:
    """An element without others in it but line breaks, cut between two characters."""
    tag = block[1 : block.index(">")]
    kept = block[: BODY_LENGTH - len(f"…</{tag}>")]
    return f"{PARTIAL.sub('', kept)}…</{tag}>"


def _language(tag: str) -> str:
    tag = tag.strip().replace("_", "-")
    return tag if len(tag) <= 35 and LANGUAGE.fullmatch(tag) else UNDETERMINED


def _rank(value: Severity | Urgency | Certainty) -> int:
    return list(type(value)).index(value)


def _shape(area: Area) -> tuple[Any, ...]:
    shape = (area.polygons, area.circles, area.geocodes, area.unreadable)
    return shape if any(shape) else ()


def _stored(area: Area) -> dict[str, Any]:
    """As `Alert.areas` holds it. A shape with a number beyond a float's range counts as unreadable."""
    polygons = [polygon for polygon in area.polygons if _finite(*polygon)]
    circles = [circle for circle in area.circles if _finite(circle)]
    lost = len(area.polygons) + len(area.circles) - len(polygons) - len(circles)
    stored = {
        "description": area.area_desc,
        "polygons": polygons,
        "circles": circles,
        "geocodes": [{"name": code.name, "value": code.value} for code in area.geocodes],
        "altitude": area.altitude if area.altitude is None or _finite([area.altitude]) else None,
        "ceiling": area.ceiling if area.ceiling is None or _finite([area.ceiling]) else None,
        "unreadable": [*area.unreadable, *["a number out of range"] * lost],
    }
    return {name: value for name, value in stored.items() if value not in ([], None)}


def _finite(*points: Sequence[float]) -> bool:
    return all(math.isfinite(number) for point in points for number in point)
