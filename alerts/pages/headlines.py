"""Bulletins as lists show them: in the reader's language, with one query for all their variants."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.translation import get_language

from alerts.models import Bulletin, BulletinVariant
from alerts.models.bulletin import BulletinQuerySet
from alerts.pages.standing import is_over
from govnotify.lib.languages import language_name, same_language
from subscriptions.models import Place


@dataclass(frozen=True, slots=True)
class Headline:
    bulletin: Bulletin
    variant: BulletinVariant
    wanted: str  # language tag

    @property
    def language(self) -> str:
        return self.variant.language

    @property
    def other_language(self) -> str:
        """The name of the language, in itself, where it is not the one that was wanted; else ""."""
        return "" if same_language(self.language, self.wanted) else language_name(self.language)

    @property
    def is_over(self) -> bool:
        """Whether this was an alert whose time has run out."""
        return self.bulletin.is_alert and is_over(self.bulletin.alert)


def with_headlines(bulletins: BulletinQuerySet) -> BulletinQuerySet:
    """Load what `headlines` needs, without the bodies."""
    variants = BulletinVariant.objects.defer("body", "html", "instruction")
    return bulletins.select_related("agency", "alert").prefetch_related(Prefetch("variants", queryset=variants))


def with_places(bulletins: BulletinQuerySet) -> BulletinQuerySet:
    """Load the names of the places that alerts are about, with one query more for all of them."""
    named = Place.objects.only("name", "translations")
    return bulletins.prefetch_related(Prefetch("areas", queryset=named))


def headlines(bulletins: Iterable[Bulletin], language: str = "") -> list[Headline]:
    """Each as a reader of the language gets it, by default of the page's."""
    language = language or get_language() or ""
    found = ((bulletin, bulletin.variant_for(language)) for bulletin in bulletins)
    return [Headline(bulletin, variant, language) for bulletin, variant in found if variant is not None]
