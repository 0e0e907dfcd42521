"""What a bulletin's page says to machines: its addresses by language, Open Graph, schema.org."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from alerts.models import Alert, Bulletin, BulletinVariant
from channels.markup import to_text

# What would end the script or begin a comment in it is written as JSON escapes, as Django's json_script does.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}
_PLACES = 50  # in the page of one alert; its CAP document has them all
_POINTS = 500


def addresses(bulletin: Bulletin, variants: Sequence[BulletinVariant], lang: str) -> dict[str, Any]:
    """`canonical`: where a search engine should find the page; `alternates`: language and address of each variant.

    With several variants, the address without a language is the one for readers of no language in particular.
    """
    own = settings.SITE_URL + bulletin.get_absolute_url()
    languages = [variant.language for variant in variants]
    alternates = [(language, f"{own}?lang={language}") for language in languages] if len(languages) > 1 else []
    chosen = dict(alternates).get(lang, own)
    return {"canonical": chosen, "own": own, "alternates": [*alternates, ("x-default", own)] if alternates else []}


def structured_data(
    bulletin: Bulletin, variant: BulletinVariant, url: str, successor: Alert | None, newest: Bulletin | None
) -> SafeString:
    """JSON-LD for the page's head, "" for tests and exercises: no machine shall take one for an emergency."""
    if not bulletin.is_alert:
        return _script(_article(bulletin, variant, url, newest))
    if bulletin.alert.status != Alert.Status.ACTUAL:
        return SafeString()
    return _script(_announcement(bulletin, variant, url, successor))


def _announcement(bulletin: Bulletin, variant: BulletinVariant, url: str, successor: Alert | None) -> dict[str, Any]:
    """https://schema.org/SpecialAnnouncement. It ends when its own time is over, or another took its place."""
    alert = bulletin.alert
    ends = [moment for moment in (alert.expires, successor and successor.sent) if moment]
    return {
        "@type": "SpecialAnnouncement",
        "name": variant.title,
        "text": "\n\n".join(filter(None, [variant.instruction, to_text(variant.html)])),
        "datePosted": _moment(bulletin.published_at),
        "expires": _moment(min(ends, default=None)),
        "category": [str(Alert.Category(category).label) for category in alert.category],
        "spatialCoverage": [_place(area) for area in alert.areas[:_PLACES]],
    } | _common(bulletin, variant, url)


def _article(bulletin: Bulletin, variant: BulletinVariant, url: str, newest: Bulletin | None) -> dict[str, Any]:
    """https://schema.org/Article: what an agency says is not always news, and never a service."""
    later = settings.SITE_URL + newest.get_absolute_url() if newest else ""
    return {
        "@type": "Article",
        "headline": variant.title,
        "description": variant.summary,
        "datePublished": _moment(bulletin.published_at),
        "correction": {"@type": "CorrectionComment", "url": later} if later else None,
    } | _common(bulletin, variant, url)


def _common(bulletin: Bulletin, variant: BulletinVariant, url: str) -> dict[str, Any]:
    agency = bulletin.agency
    return {
        "url": url,
        "inLanguage": variant.language,
        "publisher": {
            "@type": "GovernmentOrganization",
            "name": agency.local_name,
            "url": settings.SITE_URL + agency.get_absolute_url(),
        },
    }


def _place(area: Mapping[str, Any]) -> dict[str, Any]:
    """A polygon is "lat lon lat lon …", a circle "lat lon metres" (schema.org, GeoShape)."""
    shapes: list[dict[str, Any]] = [
        {"@type": "GeoShape", "polygon": " ".join(f"{lat} {lon}" for lat, lon in polygon)}
        for polygon in area.get("polygons", ())
        if len(polygon) <= _POINTS
    ]
    shapes += [
        {"@type": "GeoCircle", "geoMidpoint": _point(lat, lon), "geoRadius": round(radius * 1_000)}
        for lat, lon, radius in area.get("circles", ())
    ]
    return {"@type": "Place", "name": area["description"]} | ({"geo": shapes[:_PLACES]} if shapes else {})


def _point(lat: float, lon: float) -> dict[str, Any]:
    return {"@type": "GeoCoordinates", "latitude": lat, "longitude": lon}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _script(thing: dict[str, Any]) -> SafeString:
    """No nonce: a block of data is no script, and the Content Security Policy does not judge it (HTML 4.12.1)."""
    said = {name: value for name, value in thing.items() if value not in (None, "", [])}
    text = json.dumps({"@context": "https://schema.org"} | said, ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308  it can't be left
