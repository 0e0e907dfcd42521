"""Bulletins as an agency's own system has them, and what it posts to the API."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from tests.journeys.words import words_of

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "bulletins"
NOBODY = "Government Press Office"  # publishes what names no organisation
SUMMARY = 500  # characters that a summary may have


@dataclass(frozen=True, slots=True)
class Item:
    """One bulletin; `agency` is the name of the first organisation that it names."""

    name: str
    agency: str
    kind: str
    language: str
    title: str
    summary: str
    body: str  # HTML, as the agency wrote it

    @property
    def agency_slug(self) -> str:
        return slugify(self.agency)[:60].strip("-")

    @property
    def topics(self) -> tuple[str, str]:
        """Slugs: everything of the agency, and what is of this kind."""
        return f"{self.agency_slug}-news", f"{self.agency_slug[:40].strip('-')}-{slugify(self.kind)}"

    @property
    def request(self) -> dict[str, Any]:
        """The body of POST /api/v1/bulletins."""
        return {
            "topics": list(self.topics),
            "language": self.language,
            "title": self.title,
            "summary": self.summary,
            "body": self.body,
            "body_format": "html",
        }


def real_items(folder: Path = FOLDER) -> list[Item]:
    """The real ones, which lie outside the repository; none in a lone clone."""
    return [_item(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]


def agencies(items: Iterable[Item]) -> dict[str, str]:
    """Names by slug, in the order of their first item."""
    return {item.agency_slug: item.agency for item in items}


def _item(name: str, found: dict[str, Any]) -> Item:
    organisations = found["links"].get("organisations") or [{"title": NOBODY}]
    description = " ".join(found["description"].split())
    return Item(
        name=name,
        agency=organisations[0]["title"],
        kind=found["schema_name"].replace("_", "-"),
        language=found["locale"],
        title=found["title"],
        summary=_cut(description),
        body=_body(found["details"]) or f"<p>{escape(description or found['title'])}</p>",
    )


def _body(details: dict[str, Any]) -> str:
    """The text, or the parts of a travel advice under their titles; "" where there are no words in it."""
    parts = [f"<h2>{escape(part['title'])}</h2>\n{part['body']}" for part in details.get("parts", [])]
    body = "\n".join([details.get("body") or "", *parts])
    return body if words_of(body) else ""


def _cut(text: str) -> str:
    """At a word, to what a summary may have."""
    return text if len(text) <= SUMMARY else text[: SUMMARY - 2].rsplit(" ", 1)[0] + " …"
