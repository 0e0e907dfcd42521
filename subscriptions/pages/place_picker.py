"""Choosing places in a form without a script: a box to search in, results to tick, and what was ticked before.

A form that has it holds `area` (codes, ticked), `place` (what is searched for), `place-shown` (what the results that
the person saw were for) and the button FIND. Whatever else was typed comes back as it was.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from subscriptions.areas import MOST
from subscriptions.models import Place

FIND = "find-place"
FIELDS = {"area", "place", "place-shown", FIND}
SHOWN = 20  # results
LONGEST = 100  # characters of a search


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place with what it lies in, the nearest first, so that two of one name can be told apart."""

    place: Place
    around: str


@dataclass(slots=True)
class PlacePicker:
    """`searched`: the form came to find places and must not act yet. `problem` is what keeps it from being taken."""

    chosen: list[Place]
    most: int = MOST
    query: str = ""
    searched: bool = False
    found: list[Place] = field(default_factory=list)
    more: bool = False  # than SHOWN were found
    problem: str = ""

    @classmethod
    def showing(cls, places: Iterable[Place], most: int = MOST) -> "PlacePicker":
        """As the form begins."""
        return cls(list(places), most)

    @classmethod
    def sent(cls, data: QueryDict, most: int = MOST) -> "PlacePicker":
        """As the form came back. What is typed into the box is a wish: it is shown before anything else is done."""
        codes = list(dict.fromkeys(code.replace("\x00", "") for code in data.getlist("area")))
        # One more than may be is enough to say that they are too many. Closed ones stay for who has them.
        known = {place.code: place for place in Place.objects.filter(code__in=codes[: most + 1])}
        picker = cls([known[code] for code in codes if code in known], most)
        unknown = [code for code in codes[: most + 1] if code not in known]
        if unknown:
            picker.problem = _("“%s” is no place of the register: choose it anew.") % unknown[0][:60]
        elif len(codes) > most:
            said = ngettext(
                "Choose at most %(most)d place, or one that it lies in.",
                "Choose at most %(most)d places, or some that they lie in.",
                most,
            )
            picker.problem = said % {"most": most}
        picker._search(data)
        return picker

    @property
    def offered(self) -> bool:
        """Whether there is a register to choose from."""
        return bool(self.chosen) or Place.objects.open().exists()

    @property
    def lines(self) -> list[PlaceLine]:
        """What is chosen."""
        return with_surroundings(self.chosen)

    @property
    def found_lines(self) -> list[PlaceLine]:
        """What was found besides."""
        return with_surroundings(self.found)

    def _search(self, data: QueryDict) -> None:
        self.query = " ".join(data.get("place", "").replace("\x00", "").split())[:LONGEST]
        self.searched = FIND in data or (bool(self.query) and self.query != data.get("place-shown", ""))
        if self.query:
            chosen = [place.pk for place in self.chosen]
            results = list(Place.objects.open().search(self.query).exclude(pk__in=chosen)[: SHOWN + 1])
            self.found, self.more = results[:SHOWN], len(results) > SHOWN


def with_surroundings(places: Collection[Place]) -> list[PlaceLine]:
    """Each place with the names of what it lies in, in the language in use; one query for all of them."""
    trails = {
        place.pk: [int(part) for part in place.path.split("/") if part and int(part) != place.pk] for place in places
    }
    around = Place.objects.in_bulk({ancestor for trail in trails.values() for ancestor in trail})
    return [
        PlaceLine(place, ", ".join(around[one].local_name for one in reversed(trails[place.pk]) if one in around))
        for place in places
    ]
