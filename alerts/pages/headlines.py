"""Bulletins as lists show them: in the reader's language, with one query for all their variants."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.translation import get_language

from alerts.models import Bulletin, BulletinVariant
from alerts.models.bulletin import BulletinQuerySet
from alerts.pages.standing import is_over


@dataclass(frozen=True, slots=True)
class Headline:
    bulletin: Bulletin
    variant: BulletinVariant

    @property
    def language(self) -> str:
        return self.variant.language

    @property
    def is_over(self) -> bool:
        """Whether this was an alert whose time has run out."""
        return self.bulletin.is_alert and is_over(self.bulletin.alert)


def with_headlines(bulletins: BulletinQuerySet) -> BulletinQuerySet:
    """Load what `headlines` needs, without the bodies."""
    variants = BulletinVariant.objects.defer("body", "html", "instruction")
    return bulletins.select_related("agency", "alert").prefetch_related(Prefetch("variants", queryset=variants))


def headlines(bulletins: Iterable[Bulletin]) -> list[Headline]:
    """Each with its variant in the page's language, or the agency's."""
    language = get_language() or ""
    found = ((bulletin, bulletin.variant_for(language)) for bulletin in bulletins)
    return [Headline(bulletin, variant) for bulletin, variant in found if variant is not None]
