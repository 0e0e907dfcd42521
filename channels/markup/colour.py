"""An agency's colour, made into colours that can be read: every pair has the contrast of WCAG 2.2, 1.4.3 (4.5 to 1)."""

import re
from dataclasses import dataclass

_PAPER, _INK = "#ffffff", "#0b0c0c"
_DARK_PAPER, _DARK_INK = "#16191d", "#f3f2f1"

_MIN_CONTRAST = 4.5
_STEPS = 50
_HEX = re.compile(r"#[0-9a-f]{6}")

_Rgb = tuple[int, int, int]


class BadColour(ValueError):  # noqa: N818  named as what happened
    """Not a colour in six hex digits."""


@dataclass(frozen=True, slots=True)
class MailTheme:
    """Colours for the mails' templates, each `#rrggbb`. Paper is the ground that text stands on, ink the text."""

    band: str  # the agency's own colour, behind its name
    on_band: str  # text on it
    link: str  # text on paper, and paper's colour on it
    link_dark: str  # the same in dark mode
    paper: str = _PAPER
    ink: str = _INK
    paper_dark: str = _DARK_PAPER
    ink_dark: str = _DARK_INK


def mail_theme(colour: str) -> MailTheme:
    """The theme of an agency whose colour is `#rrggbb`: the nearest readable shades of it."""
    band = colour.strip().lower()
    if not _HEX.fullmatch(band):
        raise BadColour(f"{colour!r} is not a colour: write it as # and six hex digits, like #1d70b8")
    on_band = next(ink for ink in (_PAPER, _INK, "#000000") if contrast(band, ink) >= _MIN_CONTRAST)
    return MailTheme(
        band=band,
        on_band=on_band,
        link=_readable(band, on=_PAPER, towards=_INK),
        link_dark=_readable(band, on=_DARK_PAPER, towards=_PAPER),
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    light, dark = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _readable(colour: str, *, on: str, towards: str) -> str:
    """The first mix of the colour, towards black or white, that can be read."""
    for step in range(_STEPS + 1):
        mixed = _mix(_rgb(colour), _rgb(towards), step / _STEPS)
        if contrast(mixed, on) >= _MIN_CONTRAST:
            return mixed
    return towards


def _mix(one: _Rgb, other: _Rgb, share: float) -> str:
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(one, other, strict=True))


def _rgb(colour: str) -> _Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(rgb: _Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
