"""The demo's bulletins: a Markdown file with front matter for each language, bulletins/<kind>/<name>.<language>.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from django.utils import timezone

from agencies.models import Agency
from alerts.acts.content import VariantText
from alerts.acts.drafting import create_bulletin
from alerts.files.front_matter import parse_bulletin
from alerts.lanes import Lane
from alerts.models import Bulletin, Dispatch
from govnotify.demo.data.staff import staff
from subscriptions.models import Place, Topic

_FOLDER = Path(__file__).parent / "bulletins"


@dataclass(frozen=True, slots=True)
class Words:
    """A bulletin as its files have it; topics and agency by slug."""

    name: str
    agency: str
    topics: tuple[str, ...]
    variants: tuple[VariantText, ...]
    areas: tuple[str, ...]


def read_all(kind: str) -> list[Words]:
    """Every bulletin of a folder: "published", "drafts" or "now", what the demo itself publishes."""
    files = sorted((_FOLDER / kind).glob("*.md"))
    return [_read(name, list(group)) for name, group in groupby(files, lambda path: path.name.split(".")[0])]


def read_one(kind: str, name: str) -> Words:
    return _read(name, sorted((_FOLDER / kind).glob(f"{name}.*.md")))


def make_bulletins() -> None:
    """Drafts, and bulletins that were published before anybody had subscribed: nobody was sent them."""
    for words in read_all("drafts"):
        _create(words)
    for words in read_all("published"):
        _publish(_create(words), days_ago=int(words.name.split("-")[0]))


def _read(name: str, files: Sequence[Path]) -> Words:
    told = [parse_bulletin(path.read_bytes()) for path in files]
    told.sort(key=lambda one: one.language != "en")
    variants = tuple(
        VariantText(language=one.language, title=one.title, body=one.body, summary=one.summary) for one in told
    )
    return Words(name, told[0].agency, told[0].topics, variants, told[0].areas)


def _create(words: Words) -> Bulletin:
    topics = {topic.slug: topic for topic in Topic.objects.filter(slug__in=words.topics)}
    return create_bulletin(
        agency=Agency.objects.get(slug=words.agency),
        topics=[topics[slug] for slug in words.topics],
        variants=words.variants,
        author=staff("publisher"),
        areas=list(Place.objects.filter(code__in=words.areas)),
    )


def _publish(bulletin: Bulletin, *, days_ago: int) -> None:
    at = timezone.now() - timedelta(days=days_ago, hours=3)
    Bulletin.objects.filter(pk=bulletin.pk).update(
        status=Bulletin.Status.PUBLISHED,
        created_at=at,
        edited_at=at,
        published_at=at,
        published_by=staff("publisher"),
    )
    dispatch = Dispatch.objects.create(
        bulletin=bulletin,
        agency=bulletin.agency,
        lane=Lane.ROUTINE,
        month=at.date().replace(day=1),
        cut_off=at,
        areas=sorted(bulletin.area_links.values_list("place", flat=True)),
        state=Dispatch.State.DONE,
        expanded_at=at,
        finished_at=at,
    )
    Dispatch.objects.filter(pk=dispatch.pk).update(created_at=at)
