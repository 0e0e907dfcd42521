"""The sitemap (sitemaps.org): an index, and a file for each 50,000 numbers of agencies, topics and bulletins.

Each file is written row by row, whatever its size. A file holds a range of numbers, not a page of a list: what is in it
stays in it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.db.models import F, Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from agencies.models import Agency
from alerts.feeds.entries import absolute
from alerts.models import Bulletin
from govnotify.lib.public import HOURLY, public
from subscriptions.models import Topic

SHARD = 50_000  # addresses in a file, as the protocol bounds them
CHUNK = 2_000  # rows in memory
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
MEDIA_TYPE = "application/xml; charset=utf-8"
PAGES = ("home", "alerts", "archive", "developers")

# Of each section: what there is, with the moment of its last change.
SECTIONS: dict[str, Callable[[], QuerySet[Any]]] = {
    "agencies": lambda: Agency.objects.annotate(key=F("slug"), changed=F("created_at")),
    "topics": lambda: Topic.objects.public().annotate(key=F("slug"), changed=F("created_at")),
    "bulletins": lambda: Bulletin.objects.published().annotate(key=F("pk"), changed=F("edited_at")),
}
ROUTES = {"agencies": "agency", "topics": "topic", "bulletins": "bulletin"}


@public(HOURLY)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The files that have anything in them."""
    lines = [_line("sitemap", absolute(reverse("sitemap_pages")), None)]
    for name, section in SECTIONS.items():
        numbered = section().order_by().annotate(shard=F("pk") / SHARD).values_list("shard")
        shards = numbered.annotate(last=Max("changed")).order_by("shard")
        urls = ((absolute(reverse("sitemap_file", args=[name, shard])), last) for shard, last in shards)
        lines += [_line("sitemap", url, last) for url, last in urls]
    return HttpResponse(_document("sitemapindex", lines), content_type=MEDIA_TYPE)


@public(HOURLY)
@require_safe
def pages(request: HttpRequest) -> HttpResponse:
    """The pages of which there is one."""
    lines = [_line("url", absolute(reverse(name)), None) for name in PAGES]
    return HttpResponse(_document("urlset", lines), content_type=MEDIA_TYPE)


@public(HOURLY)
@require_safe
def file(request: HttpRequest, section: str, number: int) -> HttpResponseBase:
    """One range of numbers of a section; empty where nothing in it is public any more."""
    if section not in SECTIONS or number > 10**9:
        raise Http404
    lines = (
        _line("url", absolute(reverse(ROUTES[section], args=[key])), changed)
        for key, changed in _rows(SECTIONS[section](), number * SHARD)
    )
    return StreamingHttpResponse(_document("urlset", lines), content_type=MEDIA_TYPE)


def _rows(things: QuerySet[Any], first: int) -> Iterator[tuple[str, datetime]]:
    """From the number on, a chunk at a time: no cursor stays open, which a pool of connections might not keep."""
    seen = first - 1
    while rows := list(
        things.filter(pk__gt=seen, pk__lt=first + SHARD).order_by("pk").values_list("pk", "key", "changed")[:CHUNK]
    ):
        for pk, key, changed in rows:
            seen = pk
            yield key, changed


def _document(root: str, lines: Any) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    yield from lines
    yield f"</{root}>\n"


def _line(name: str, url: str, changed: datetime | None) -> str:
    moment = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
    return f"<{name}><loc>{escape(url)}</loc>{moment}</{name}>\n"
