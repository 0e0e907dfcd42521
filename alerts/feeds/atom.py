"""A feed as Atom (RFC 4287), its pages linked by RFC 5005. Django's generator writes all but the complete texts."""

from typing import Any

from django.utils.feedgenerator import Atom1Feed

from alerts.feeds.entries import Entry
from alerts.feeds.feed import Feed

MEDIA_TYPE = "application/atom+xml"


def write(feed: Feed) -> bytes:
    document = _Atom(
        title=feed.title,
        link=feed.page_url,
        description=None,
        subtitle=feed.description or None,
        language=feed.language,
        feed_guid=feed.id,
        feed=feed,
    )
    for entry in feed.entries:
        document.add_item(
            title=entry.title,
            link=entry.url,
            description=None,  # type: ignore[arg-type]  # Django writes none then; its stubs know no feed without
            author_name=entry.author,
            author_link=entry.author_url,
            pubdate=entry.published,
            updateddate=entry.updated,
            unique_id=entry.id,
            entry=entry,
        )
    return document.writeString("utf-8").encode()


class _Atom(Atom1Feed):
    def latest_post_date(self) -> Any:
        return self.feed["feed"].updated  # Django's would be this moment where nothing was published yet

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        feed: Feed = self.feed["feed"]
        _link(handler, "self", feed.own_url, type=MEDIA_TYPE)
        _link(handler, "first", feed.first_url)
        if feed.next_url:
            _link(handler, "next", feed.next_url)
        handler.addQuickElement("icon", feed.icon_url)

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["entry"].language}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        entry: Entry = item["entry"]
        for slug, name in entry.topics:
            handler.addQuickElement("category", "", {"term": slug, "label": name})
        for language, url in entry.translations:
            _link(handler, "alternate", url, type="text/html", hreflang=language)
        if entry.cap_url:
            _link(handler, "alternate", entry.cap_url, type="application/cap+xml")
        if entry.summary:
            handler.addQuickElement("summary", entry.summary, {"type": "text"})
        handler.addQuickElement("content", entry.html, {"type": "html"})


def _link(handler: Any, rel: str, href: str, **attributes: str) -> None:
    handler.addQuickElement("link", "", {"rel": rel, "href": href, **attributes})
