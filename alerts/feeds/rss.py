"""A feed as RSS 2.0 (rssboard.org), with the complete texts that its content module adds."""

from typing import Any

from django.utils.feedgenerator import Rss201rev2Feed, rfc3339_date
from django.utils.html import escape

from alerts.feeds.entries import Entry
from alerts.feeds.feed import Feed

MEDIA_TYPE = "application/rss+xml"
MODULES = {
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:dcterms": "http://purl.org/dc/terms/",
}


def write(feed: Feed) -> bytes:
    document = _Rss(
        title=feed.title,
        link=feed.page_url,
        description=feed.description or feed.title,  # required
        language=feed.language,
        feed=feed,
    )
    for entry in feed.entries:
        document.add_item(
            title=entry.title,
            link=entry.url,
            description=escape(entry.summary or entry.title),  # readers take it for HTML
            author_name=entry.author,
            pubdate=entry.published,
            unique_id=entry.id,
            unique_id_is_permalink=True,
            categories=[name for _slug, name in entry.topics],
            entry=entry,
        )
    return document.writeString("utf-8").encode()


class _Rss(Rss201rev2Feed):
    def rss_attributes(self) -> dict[str, str]:
        return super().rss_attributes() | MODULES

    def latest_post_date(self) -> Any:
        return self.feed["feed"].updated  # Django's would be this moment where nothing was published yet

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        feed: Feed = self.feed["feed"]
        own = {"rel": "self", "type": MEDIA_TYPE, "href": feed.own_url}
        handler.addQuickElement("atom:link", None, own)
        if feed.next_url:
            handler.addQuickElement("atom:link", None, {"rel": "next", "href": feed.next_url})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        entry: Entry = item["entry"]
        handler.addQuickElement("dc:language", entry.language)
        if entry.updated != entry.published:
            handler.addQuickElement("dcterms:modified", rfc3339_date(entry.updated))
        handler.addQuickElement("content:encoded", entry.html)
