"""What is wrong with a feed, judged from its bytes by the rules of the W3C feed validator and the three standards."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from lxml import etree
from lxml import html as lxml_html

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-]\d{4}|GMT)")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+")
RISKY = {"script", "style", "iframe", "object", "embed", "form", "input", "meta", "link"}
JSON_TOP = {"version", "title", "home_page_url", "feed_url", "description", "next_url", "language", "items"}
JSON_ITEM = {
    "id", "url", "title", "language", "summary", "content_html", "date_published", "date_modified", "authors", "tags",
    "attachments",
}  # fmt: skip


def problems(media_type: str, data: bytes, url: str) -> list[str]:
    """Of a feed that was got from `url`; empty when nothing is wrong."""
    kind, _, charset = media_type.partition("; charset=")
    judges = {"application/atom+xml": _atom, "application/rss+xml": _rss, "application/feed+json": _json}
    found = list(judges[kind](data, url)) if kind in judges else [f"{kind} is the media type of no feed"]
    return found if charset == "utf-8" else [*found, f"charset {charset}"]


def _atom(data: bytes, url: str) -> Iterator[str]:
    feed = _parse(data)
    if feed.tag != f"{ATOM}feed":
        yield f"the root is {feed.tag}"
    yield from _once(feed, required=("id", "title", "updated"), at_most=("subtitle", "icon", "logo", "generator"))
    yield from _language(feed.get(LANG))
    yield from _atom_links(feed, url)
    entries = feed.findall(f"{ATOM}entry")
    if feed.find(f"{ATOM}author") is None and any(one.find(f"{ATOM}author") is None for one in entries):
        yield "an entry without an author"
    yield from _unique([entry.findtext(f"{ATOM}id") for entry in entries])
    for node in feed.iter(f"{ATOM}id", f"{ATOM}uri", f"{ATOM}icon"):
        yield from _absolute(node.text)
    for node in feed.iter(f"{ATOM}updated", f"{ATOM}published"):
        yield from _rfc3339(node.text)
    for node in feed.iter(f"{ATOM}title", f"{ATOM}subtitle", f"{ATOM}summary"):
        yield from _plain(node)
    for entry in entries:
        yield from _atom_entry(entry)
    moments = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    if moments and feed.findtext(f"{ATOM}updated") != max(moments):
        yield "the feed's updated is not that of its latest entry"


def _atom_entry(entry: etree._Element) -> Iterator[str]:
    required = ("id", "title", "updated", "published", "content")
    yield from _once(entry, required=required, at_most=("summary", "rights", "source"))
    yield from _language(entry.get(LANG))
    if (entry.findtext(f"{ATOM}published") or "") > (entry.findtext(f"{ATOM}updated") or ""):
        yield "updated before it was published"
    for author in entry.findall(f"{ATOM}author"):
        if not author.findtext(f"{ATOM}name"):
            yield "an author without a name"
    for category in entry.findall(f"{ATOM}category"):
        if not category.get("term"):
            yield "a category without a term"
    alternates = [link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
    yield from _unique([f"{link.get('type')} {link.get('hreflang')}" for link in alternates])
    if not alternates:
        yield "an entry without a page"
    for link in entry.findall(f"{ATOM}link"):
        yield from _absolute(link.get("href"))
    content = entry.find(f"{ATOM}content")
    if content is not None:
        if content.get("type") != "html":
            yield f"content of type {content.get('type')}"
        yield from _html(content.text)


def _atom_links(feed: etree._Element, url: str) -> Iterator[str]:
    links: dict[str, list[str]] = {}
    for link in feed.findall(f"{ATOM}link"):
        links.setdefault(link.get("rel", "alternate"), []).append(link.get("href", ""))
        yield from _absolute(link.get("href"))
    for rel in ("self", "alternate"):
        if len(links.get(rel, [])) != 1:
            yield f"{len(links.get(rel, []))} links with rel={rel}"
    if links.get("self") != [url]:
        yield f"self is {links.get('self')}, it was got from {url}"


def _rss(data: bytes, url: str) -> Iterator[str]:
    root = _parse(data)
    channels = root.findall("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or len(channels) != 1:
        yield "no RSS 2.0 with one channel"
        return
    channel = channels[0]
    yield from _once(channel, required=("title", "link", "description", "language", "lastBuildDate"), space="")
    yield from _absolute(channel.findtext("link"))
    yield from _language(channel.findtext("language"))
    yield from _rfc822(channel.findtext("lastBuildDate"))
    selves = [link.get("href") for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if selves != [url]:
        yield f"self is {selves}, it was got from {url}"
    items = channel.findall("item")
    yield from _unique([item.findtext("guid") for item in items])
    for item in items:
        yield from _rss_item(item)


def _rss_item(item: etree._Element) -> Iterator[str]:
    yield from _once(item, required=("title", "link", "description", "pubDate", "guid"), space="", at_most=("author",))
    yield from _absolute(item.findtext("link"))
    yield from _rfc822(item.findtext("pubDate"))
    guid = item.find("guid")
    if guid is not None and guid.get("isPermaLink", "true") == "true":
        yield from _absolute(guid.text)
    if "@" not in item.findtext("author", "@"):
        yield "an author who is no address"
    tags = [node.tag for node in item]
    if tags.count(CONTENT) != 1 or tags.index(CONTENT) < tags.index("description"):
        yield "the complete text does not follow the description"
    yield from _html(item.findtext("description"))
    yield from _html(item.findtext(CONTENT))
    for node in item.findall("{http://purl.org/dc/elements/1.1/}language"):
        yield from _language(node.text)
    for node in item.findall("{http://purl.org/dc/terms/}modified"):
        yield from _rfc3339(node.text)


def _json(data: bytes, url: str) -> Iterator[str]:
    feed: dict[str, Any] = json.loads(data)
    if feed.get("version") != "https://jsonfeed.org/version/1.1" or not feed.get("title"):
        yield "no JSON Feed 1.1 with a title"
    if feed.get("feed_url") != url:
        yield f"feed_url is {feed.get('feed_url')}, it was got from {url}"
    yield from _absolute(feed.get("home_page_url"))
    yield from _language(feed.get("language"))
    yield from (f"{name} is not of JSON Feed 1.1" for name in set(feed) - JSON_TOP)
    yield from _unique([item.get("id") for item in feed["items"]])
    for item in feed["items"]:
        yield from (f"{name} is not of JSON Feed 1.1" for name in set(item) - JSON_ITEM)
        yield from _absolute(item.get("url"))
        yield from _html(item.get("content_html"))
        yield from _rfc3339(item.get("date_published"))
        yield from _rfc3339(item.get("date_modified"))
        yield from _language(item.get("language"))
        if not all(author.get("name") for author in item["authors"]) or not all(item.get("tags", ["-"])):
            yield "an author or a tag without a name"
        for attachment in item.get("attachments", []):
            yield from _absolute(attachment["url"])
            if not MIME.fullmatch(attachment["mime_type"]):
                yield f"an attachment of type {attachment['mime_type']}"
        if any(value in (None, "", []) for value in item.values()):
            yield "a value that is empty"


def found(tree: etree._Element, path: str, **namespaces: str) -> list[str]:
    """The texts that an XPath leads to."""
    texts: Any = tree.xpath(path, namespaces=namespaces)
    return [str(text) for text in texts]


def _parse(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


def _once(
    parent: etree._Element, *, required: tuple[str, ...], at_most: tuple[str, ...] = (), space: str = ATOM
) -> Iterator[str]:
    counts = Counter(node.tag for node in parent)
    for name in (*required, *at_most):
        if counts[space + name] > 1:
            yield f"{counts[space + name]} of {name} in {parent.tag}"
    for name in required:
        if not (parent.findtext(space + name) or "").strip():
            yield f"{parent.tag} without {name}"


def _unique(values: list[str | None]) -> Iterator[str]:
    yield from (f"{value} is there {times} times" for value, times in Counter(values).items() if times > 1 or not value)


def _absolute(given: str | None) -> Iterator[str]:
    url = given or ""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "mailto"} or (parts.scheme != "mailto" and not parts.netloc) or " " in url:
        yield f"{url!r} is no absolute address"


def _language(tag: str | None) -> Iterator[str]:
    if not LANGUAGE.fullmatch(tag or ""):
        yield f"{tag!r} is no language"


def _plain(node: etree._Element) -> Iterator[str]:
    if node.get("type", "text") == "text" and len(node):
        yield f"elements in the text of {node.tag}"


def _rfc3339(text: str | None) -> Iterator[str]:
    if not RFC_3339.fullmatch(text or "") or datetime.fromisoformat(text or "") > timezone.now():
        yield f"{text!r} is no time of the past by RFC 3339"


def _rfc822(text: str | None) -> Iterator[str]:
    if not RFC_822.fullmatch(text or "") or parsedate_to_datetime(text or "") > timezone.now():
        yield f"{text!r} is no time of the past by RFC 822"


def _html(text: str | None) -> Iterator[str]:
    if not (text or "").strip():
        yield "no text"
        return
    for node in lxml_html.fragment_fromstring(text or "", create_parent="div").iter():
        if node.tag in RISKY:
            yield f"<{node.tag}> in the content"
        for name, value in node.attrib.items():
            if name in {"href", "src"}:
                yield from _absolute(str(value))
            if str(name).startswith("on") or name == "style":
                yield f"the attribute {name} in the content"
