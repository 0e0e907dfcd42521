"""Days of the archive: a bulletin is of the day that its agency's clocks showed, as every list writes it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import reduce
from operator import or_

from django.db.models import Q

from agencies.models import Agency
from govnotify.lib.local_time import DAY, moment, zone_of


def on_days(since: date | None, until: date | None, agency: Agency | None) -> Q:
    """Archive entries of these days, the last one too; of one agency, or of all, whose zones cost a query.

    Where clocks differ, the moment at which a day begins first is a range of the index by date. Only for what lies
    between that and the last one it is looked up whose it is, in a list that PostgreSQL makes once.
    """
    first = since if since and since > date.min else None  # beyond these there are no moments
    after = until + DAY if until and until < date.max else None
    if not first and not after:
        return Q()
    zones = [agency.time_zone] if agency else _zones()
    asked = Q()
    if first:
        begins = _begins(first, zones)
        asked &= Q(published_at__gte=min(begins)) & _by_agency("published_at__gte", begins, max(begins))
    if after:
        begins = _begins(after, zones)
        asked &= Q(published_at__lt=max(begins)) & _by_agency("published_at__lt", begins, min(begins))
    return asked


def _zones() -> list[str]:
    """As agencies have them; "" is the platform's."""
    return list(Agency.objects.order_by().values_list("time_zone", flat=True).distinct()) or [""]


def _begins(day: date, zones: Sequence[str]) -> dict[datetime, list[str]]:
    """When the day begins, and in which of the zones."""
    begins: defaultdict[datetime, list[str]] = defaultdict(list)
    for name in zones:
        begins[moment(zone_of(name), day, time.min)].append(name)
    return begins


def _by_agency(lookup: str, begins: dict[datetime, list[str]], certain: datetime) -> Q:
    """What is on this side of the moment for every agency, or for its own."""
    own = (
        Q(agency__in=Agency.objects.filter(time_zone__in=names).order_by().values("pk"), **{lookup: begin})
        for begin, names in begins.items()
    )
    return reduce(or_, own, Q(**{lookup: certain})) if len(begins) > 1 else Q()
