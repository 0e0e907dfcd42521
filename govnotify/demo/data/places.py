"""Tarnmark's places: 4 regions, 20 counties and 150 towns on a grid, the same in every demo.

The country does not exist, nor do its names. Regions have one in every language; towns and counties keep theirs in
Latin letters, and are spelled by sound in Ukrainian and Arabic.
"""

from collections.abc import Iterator

from subscriptions.place_files import PlaceRow
from subscriptions.place_importing import import_places

SCHEME = "TARNMARK"
CAPITAL = "TM-1402"  # Aldermouth, whose old quarters the demo's flood threatens
WEST, SOUTH = -13.5, 51.5  # of the country, in degrees
REGION = (2.5, 2.0)  # degrees of longitude and of latitude
COUNTIES = 5  # of a region, from west to east
TOWNS = (7, 8)  # of a county, in turn, from south to north

REGIONS: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "Elder Coast",
        {
            "fr": "Côte de l'Elder",
            "es": "Costa del Elder",
            "ro": "Coasta Elderului",
            "uk": "Узбережжя Елдера",
            "ar": "ساحل إلدر",
        },
    ),
    (
        "High Fells",
        {
            "fr": "Hautes-Landes",
            "es": "Altos Páramos",
            "ro": "Culmile Înalte",
            "uk": "Високі Фелли",
            "ar": "المرتفعات العليا",
        },
    ),
    (
        "Lower Brenn",
        {"fr": "Basse-Brenn", "es": "Bajo Brenn", "ro": "Brennul de Jos", "uk": "Нижній Бренн", "ar": "برن السفلى"},
    ),
    (
        "Southmark",
        {
            "fr": "Marche du Sud",
            "es": "Marca del Sur",
            "ro": "Marca de Sud",
            "uk": "Південна Марка",
            "ar": "المقاطعة الجنوبية",
        },
    ),
)
RIVERS = ("Ash", "Bren", "Cald", "Dove", "Eld", "Farn", "Garth", "Hale", "Isk", "Kerr", "Lark", "Mar", "Ness", "Ox",
          "Pell", "Rook", "Sel", "Thorn", "Ul", "Wend")  # fmt: skip
ENDINGS = ("ford", "wick", "by", "ton", "dale", "mouth", "ley", "stead")
# Towns that the demo's bulletins speak of, by their codes.
NAMED = {CAPITAL: "Aldermouth", "TM-2203": "Fellgate", "TM-2204": "Upper Combe", "TM-2205": "Sheepwash"}

# Each with its letters in Ukrainian and in Arabic; two letters for one sound come first.
SOUNDS = (
    "sh ш ش", "th т ث", "ck к ك", "ee і ي", "ou оу او", "a а ا", "b б ب", "c к ك", "d д د", "e е ", "f ф ف", "g г غ",
    "h г ه", "i и ي", "k к ك", "l л ل", "m м م", "n н ن", "o о و", "p п ب", "r р ر", "s с س", "t т ت", "u у و", "w в و",
    "x кс كس", "y і ي",
)  # fmt: skip


def make_places() -> None:
    """Take them into the register."""
    import_places(list(rows()))


def rows() -> Iterator[PlaceRow]:
    """Every place, with its outline and its names."""
    for number, (name, names) in enumerate(REGIONS, 1):
        # The coast and the fells in the north, the others in the south.
        west, south = WEST + REGION[0] * ((number - 1) % 2), SOUTH + REGION[1] * (number <= 2)
        yield _row(f"TM-{number}", name, "region", "", (west, south, west + REGION[0], south + REGION[1]), names)
        yield from _counties(number, west, south)


def _counties(region: int, west: float, south: float) -> Iterator[PlaceRow]:
    width = REGION[0] / COUNTIES
    for column in range(COUNTIES):
        number = (region - 1) * COUNTIES + column
        code, river = f"TM-{region}{column}", RIVERS[number]
        left = west + column * width
        yield _row(code, f"{river}shire", "county", f"TM-{region}", (left, south, left + width, south + REGION[1]))
        towns = TOWNS[number % 2]
        height = REGION[1] / towns
        for row in range(towns):
            own = f"{code}{row + 1:02}"
            name = NAMED.get(own) or river + ENDINGS[row]
            below = south + row * height
            yield _row(own, name, "municipality", code, (left, below, left + width, below + height))


def _row(
    code: str,
    name: str,
    kind: str,
    parent: str,
    bounds: tuple[float, float, float, float],
    names: dict[str, str] | None = None,
) -> PlaceRow:
    west, south, east, north = (round(edge, 4) for edge in bounds)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    names = names or {"uk": _spelled(name, 1), "ar": _spelled(name, 2)}
    return PlaceRow(
        where="the demo",
        code=code,
        name=name,
        kind=kind,
        parent=parent,
        scheme=SCHEME,
        geocodes=(f"{SCHEME}={code}",),
        translations={language: {"name": text} for language, text in names.items()},
        geometry={"type": "Polygon", "coordinates": [ring]},
        bounds=(west, south, east, north),
    )


def _spelled(name: str, column: int) -> str:
    text = name.lower()
    for sound in SOUNDS:
        letters = sound.split(" ")
        text = text.replace(letters[0], letters[column])
    return " ".join(word[:1].upper() + word[1:] for word in text.split())
