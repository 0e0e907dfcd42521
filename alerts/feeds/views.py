"""The feeds' addresses: which feed, in which form and language, from which entry on; and "not modified"."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import get_supported_language_variant
from django.views.decorators.http import require_safe

from alerts.acts.content import LANGUAGE
from alerts.feeds import atom, json_feed, rss
from alerts.feeds.entries import absolute, entries, xml_text
from alerts.feeds.feed import Feed
from alerts.feeds.selection import Selection, select
from alerts.feeds.sources import NoSuchFeed, Source, of_agency, of_alerts, of_archive, of_topic
from alerts.pages.query import text_of
from govnotify.lib.public import FEED, URGENT_FEED, etag_of, public

FORMS: dict[str, tuple[str, Callable[[Feed], bytes]]] = {
    "atom": (atom.MEDIA_TYPE, atom.write),
    "rss": (rss.MEDIA_TYPE, rss.write),
    "json": (json_feed.MEDIA_TYPE, json_feed.write),
}
EDITION = 3  # one more whenever the same bulletins are written otherwise: readers ask whether anything has changed


@public(FEED)
@require_safe
def topic_feed(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    return _answer(request, form, lambda: of_topic(slug))


@public(FEED)
@require_safe
def agency_feed(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    return _answer(request, form, lambda: of_agency(slug))


@public(URGENT_FEED)
@require_safe
def alerts_feed(request: HttpRequest, form: str) -> HttpResponse:
    return _answer(request, form, of_alerts)


@public(FEED)
@require_safe
def archive_feed(request: HttpRequest, form: str) -> HttpResponse:
    return _answer(request, form, lambda: of_archive(request))


def _answer(request: HttpRequest, form: str, source_of: Callable[[], Source]) -> HttpResponse:
    """`lang` chooses the language, `before` the bulletin after which the page begins; nothing else is looked at.

    Whether it has changed is known from which bulletins stand on it and what happened to each, before one is loaded.
    """
    if form not in FORMS:
        raise Http404
    media_type, write = FORMS[form]
    wanted = text_of(request, "lang")
    wanted = wanted if len(wanted) <= 35 and LANGUAGE.fullmatch(wanted) else ""
    with translation.override(_interface(wanted)):
        try:
            source = source_of()
        except NoSuchFeed as missing:
            return _in_words(missing)
        before = text_of(request, "before")
        selection = select(source.filters, before)
        updated = selection.updated or source.began
        etag = etag_of(EDITION, form, wanted, before, source.title, source.description, selection)
        response = get_conditional_response(request, etag=etag, last_modified=_seconds(updated))
        if response is None:
            feed = _feed(source, selection, form, wanted, before)
            response = HttpResponse(write(feed), content_type=f"{media_type}; charset=utf-8")
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(_seconds(updated))
    response.headers["Content-Language"] = wanted or source.language
    response.headers["Access-Control-Allow-Origin"] = "*"  # so that pages elsewhere can show it; it is public
    return response


def _in_words(missing: NoSuchFeed) -> HttpResponse:
    """For whoever wrote the address; pages elsewhere that wanted to show the feed may read it, too."""
    answer = HttpResponse(f"{missing}\n", status=404, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Language"] = translation.get_language()
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _feed(source: Source, selection: Selection, form: str, wanted: str, before: str) -> Feed:
    def address(name: str, **more: str) -> str:
        given = urlencode({name: value for name, value in more.items() if value})
        query = "&".join(filter(None, [source.query, given]))
        return absolute(f"{source.path}{name}") + (f"?{query}" if query else "")

    here, older = f"feed.{form}", str(selection.older) if selection.older else ""
    return Feed(
        id=address("", lang=wanted),
        title=xml_text(source.title),
        description=xml_text(source.description),
        language=wanted or source.language,
        page_url=address(""),
        own_url=address(here, lang=wanted, before=before),
        first_url=address(here, lang=wanted),
        next_url=address(here, lang=wanted, before=older) if older else "",
        icon_url=absolute(static("govnotify/icon.svg")),
        updated=selection.updated or source.began,
        entries=entries(selection.bulletins, wanted or source.filters.language),
    )


def _interface(language: str) -> str:
    """The language of our own words: the nearest that there is."""
    try:
        return get_supported_language_variant(language or settings.LANGUAGE_CODE)
    except LookupError:
        return settings.LANGUAGE_CODE


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
