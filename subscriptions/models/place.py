"""The register of named places in their hierarchy, and the places that people and browsers chose."""

import unicodedata
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Length, Lower
from django.utils.translation import gettext_lazy as _

from govnotify.lib.translated import Translated
from subscriptions.models.browser import Browser
from subscriptions.models.subscriber import Subscriber

CODE_LENGTH = 60
NAME_LENGTH = 200
WORDS = 6  # of a search; further ones are left out


class PlaceQuerySet(models.QuerySet["Place"]):
    def open(self) -> "PlaceQuerySet":
        """Places that can be chosen."""
        return self.filter(closed_at=None)

    def search(self, words: str) -> "PlaceQuerySet":
        """Places of which some name, in any language and with or without accents, or the code has all of the words.

        Each word is the beginning of one in the name. Those that begin with the text come first, then the larger.
        """
        text = folded(words)
        found = self
        for word in text.split()[:WORDS]:
            found = found.filter(search_text__contains=f" {word}")
        begins = models.Case(models.When(search_text__contains=f"| {text}", then=0), default=1)
        return found.order_by(begins, Length("path"), Lower("name"), "code")

    def reached_from(self, places: Iterable["Place"]) -> "PlaceQuerySet":
        """The places that lie in one of these, or in which one of these lies; themselves, too.

        A closed place counts as what it lay in: whoever had chosen it is reached by what reaches that.
        """
        paths = [place.path for place in places]
        within = [models.Q(path__startswith=path) for path in paths]
        around = models.Q(path__in={ancestor for path in paths for ancestor in ancestor_paths(path)})
        return self.filter(reduce(or_, within, around))


class Place(Translated):
    """`path` has the ids from the root down to itself, "/3/17/", so that what lies in a place begins with its path.

    That of a closed place is the path of the nearest open place around it, or "/": it counts as that.
    """

    class Kind(models.TextChoices):
        COUNTRY = "country", _("Country")
        REGION = "region", _("Region")
        COUNTY = "county", _("County")
        MUNICIPALITY = "municipality", _("Town or municipality")
        DISTRICT = "district", _("District")
        LOCALITY = "locality", _("Locality")
        ZONE = "zone", _("Warning zone")

    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    scheme = models.CharField(max_length=CODE_LENGTH)  # whose code it is, as in a CAP geocode's valueName
    # Every code by which a CAP geocode may name it, its own among them, as "SCHEME=code".
    geocodes = ArrayField(models.CharField(max_length=2 * CODE_LENGTH + 1), default=list)
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=12, choices=Kind)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, default="/")
    # GeoJSON's Polygon or MultiPolygon (RFC 7946), and its bounds: west, south, east, north in degrees.
    geometry = models.JSONField(null=True)
    bounds = ArrayField(models.FloatField(), size=4, null=True)
    search_text = models.TextField(default="")  # the folded names and the code, "| " before each
    closed_at = models.DateTimeField(null=True)
    subscribers = models.ManyToManyField(Subscriber, through="SubscriberArea", related_name="areas")
    browsers = models.ManyToManyField(Browser, through="BrowserArea", related_name="areas")

    objects = PlaceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(OpClass("path", "varchar_pattern_ops"), name="place_path"),
            GinIndex(fields=["geocodes"], name="place_geocodes"),
            GinIndex(OpClass("search_text", "gin_trgm_ops"), name="place_search"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def ids(self) -> list[int]:
        """The ids along its path: from the root to itself, or to what it counts as."""
        return [int(part) for part in self.path.split("/") if part]


class SubscriberArea(models.Model):
    """A place that somebody wants to hear about. Who has none hears about every place."""

    pk = models.CompositePrimaryKey("subscriber_id", "place_id")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="area_links", db_index=False)
    # Nobody deletes places: an area that got lost would widen what its people hear.
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"place {self.place_id} of subscriber {self.subscriber_id}"


class BrowserArea(models.Model):
    """A place that a browser is to tell about; in a table of its own, as its topics are."""

    pk = models.CompositePrimaryKey("browser_id", "place_id")
    browser = models.ForeignKey(Browser, on_delete=models.CASCADE, related_name="area_links", db_index=False)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"place {self.place_id} of browser {self.browser_id}"


def geocode(scheme: str, value: str) -> str:
    """As `Place.geocodes` has it: the names of schemes are compared without regard to case."""
    return f"{scheme.strip().upper()}={value.strip()}"


def ancestor_paths(path: str) -> list[str]:
    """The path itself and those of everything around it: "/3/17/" gives "/", "/3/" and "/3/17/"."""
    parts = path.strip("/").split("/") if path != "/" else []
    return ["/", *("/" + "/".join(parts[: end + 1]) + "/" for end in range(len(parts)))]


def search_text(names: Iterable[str]) -> str:
    """What `PlaceQuerySet.search` looks into, for a place of these names and codes."""
    return " ".join(f"| {folded(name)}" for name in dict.fromkeys(names))


def folded(text: str) -> str:
    """As names are compared: case and accents do not count, nor how letters are composed."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in kept).split())
