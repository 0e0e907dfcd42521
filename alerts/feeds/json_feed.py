"""A feed as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

import json
from typing import Any

from alerts.feeds.entries import Entry
from alerts.feeds.feed import Feed

MEDIA_TYPE = "application/feed+json"


def write(feed: Feed) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page_url,
        "feed_url": feed.own_url,
        "description": feed.description,
        "next_url": feed.next_url,
        "language": feed.language,
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps({name: value for name, value in document.items() if value != ""}, ensure_ascii=False).encode()


def _item(entry: Entry) -> dict[str, Any]:
    item = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "language": entry.language,
        "summary": entry.summary,
        "content_html": entry.html,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [{"name": entry.author, "url": entry.author_url}],
        "tags": [name for _slug, name in entry.topics],
        "attachments": [{"url": entry.cap_url, "mime_type": "application/cap+xml"}] if entry.cap_url else [],
    }
    return {name: value for name, value in item.items() if value not in ("", [])}
