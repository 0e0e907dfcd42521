"""Where an agency's followers came from, as housekeeping last counted: three queries, however many they are."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, Sum
from django.utils.translation import gettext as _

from agencies.models import Agency
from subscriptions.models import Source, SourceCount, Topic, TopicStock

SITES = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One topic, or all together (None): followers by way, in the order of `Report.ways`."""

    topic: Topic | None
    by_way: list[int]
    newcomers: int  # in the last 30 days

    @property
    def followers(self) -> int:
        return sum(self.by_way)


@dataclass(frozen=True, slots=True)
class Share:
    """One way, with its followers and what they are in a hundred of all."""

    way: str
    followers: int
    percent: int


@dataclass(frozen=True, slots=True)
class Report:
    """`sites` are those with a form of the agency, and how many came from each, the most first."""

    ways: list[str]
    lines: list[Line]
    together: Line
    sites: list[tuple[str, int]]
    counted_at: datetime | None  # the topic that was counted longest ago; None: none was

    @property
    def shares(self) -> list[Share]:
        all_of_them = max(self.together.followers, 1)
        parts = zip(self.ways, self.together.by_way, strict=True)
        return [Share(way, followers, round(100 * followers / all_of_them)) for way, followers in parts]


def report_sources(agency: Agency) -> Report:
    """For the agency's open topics, internal ones as well."""
    topics = list(Topic.objects.open_for(agency))
    kinds = ["", *Source.Kind.values]
    counts: dict[int, Counter[str]] = {topic.pk: Counter() for topic in topics}
    newcomers: Counter[int] = Counter()
    sites: Counter[str] = Counter()
    rows = SourceCount.objects.filter(topic__in=topics).values_list("topic", "source__kind", "source__site")
    for topic, kind, site, followers, new in rows.annotate(people=Sum("followers"), new=Sum("newcomers")):
        counts[topic][kind or ""] += followers
        newcomers[topic] += new
        if site:
            sites[site] += followers
    lines = [Line(topic, [counts[topic.pk][kind] for kind in kinds], newcomers[topic.pk]) for topic in topics]
    totals = [sum(line.by_way[place] for line in lines) for place in range(len(kinds))]
    return Report(
        ways=[_("Our own pages"), *(str(label) for label in Source.Kind.labels)],
        lines=lines,
        together=Line(None, totals, newcomers.total()),
        sites=sites.most_common(SITES),
        counted_at=TopicStock.objects.filter(topic__in=topics).aggregate(first=Min("counted_at"))["first"],
    )
