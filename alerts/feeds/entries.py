"""Bulletins as entries of a feed: the words of the page, with the state of the bulletin in front."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Prefetch
from django.db.models.functions import Length
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.exporting import cap_document
from alerts.feeds.selection import Selected
from alerts.models import Alert, Bulletin, BulletinVariant
from subscriptions.models import Place, Topic

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 section 2.2, Char


@dataclass(frozen=True, slots=True)
class Entry:
    """One bulletin in one language. Texts are plain but for `html`; addresses are absolute; times are aware."""

    id: str  # the bulletin's address: the same in every feed, for ever
    url: str  # the page to open, in the feed's language where the feed has one
    title: str
    language: str
    summary: str
    html: str
    published: datetime
    updated: datetime
    author: str
    author_url: str
    topics: tuple[tuple[str, str], ...]  # slug and name
    translations: tuple[tuple[str, str], ...]  # language and address of each of several
    cap_url: str  # of an alert's CAP document; "" for others


def entries(selected: Iterable[Selected], language: str) -> list[Entry]:
    """In the language, or each in the nearest that it has; "" for its agency's own. Four queries."""
    chosen = list(selected)
    public = Prefetch("topics", queryset=Topic.objects.public())
    places = Prefetch("areas", queryset=Place.objects.order_by(Length("path"), "name"))  # the larger first
    loaded = Bulletin.objects.select_related("agency", "alert").prefetch_related("variants", public, places)
    found = loaded.in_bulk([one.pk for one in chosen])
    made = [_entry(found[one.pk], one, language) for one in chosen if one.pk in found]
    return [entry for entry in made if entry is not None]


def absolute(path: str) -> str:
    """An address that a stranger can use: never made from the Host header."""
    return f"{settings.SITE_URL}{path}"


def xml_text(text: str) -> str:
    """Without the characters that no XML document may hold."""
    return _NOT_XML.sub("", text)


def _entry(bulletin: Bulletin, selected: Selected, language: str) -> Entry | None:
    variant = bulletin.variant_for(language or bulletin.agency.default_language)
    if variant is None:
        return None
    withdrawn = bulletin.status == Bulletin.Status.WITHDRAWN
    own = absolute(bulletin.get_absolute_url())
    # Its own comes last: of several pages some readers open the first, which names no language, and some the last.
    languages = sorted(
        (one.language for one in bulletin.variants.all()), key=lambda tag: (tag == variant.language, tag)
    )
    several = len(languages) > 1 and not withdrawn
    return Entry(
        id=own,
        url=f"{own}?lang={variant.language}" if language and several else own,
        title=xml_text(_title(bulletin, variant, selected)),
        language=variant.language,
        summary="" if withdrawn else xml_text(variant.summary),
        html=xml_text(_html(bulletin, variant, selected)),
        published=selected.published,
        updated=selected.updated,
        author=xml_text(bulletin.agency.local_name),
        author_url=absolute(bulletin.agency.get_absolute_url()),
        topics=tuple((topic.slug, xml_text(topic.local_name)) for topic in bulletin.topics.all()),
        translations=tuple((one, f"{own}?lang={one}") for one in languages) if several else (),
        cap_url=_cap_url(bulletin),
    )


def _cap_url(bulletin: Bulletin) -> str:
    if not bulletin.is_alert or cap_document(bulletin.alert) is None:
        return ""
    return absolute(reverse("alert_cap", args=[bulletin.pk]))


def _title(bulletin: Bulletin, variant: BulletinVariant, selected: Selected) -> str:
    """Its state before its title: many readers show no more than that."""
    if bulletin.status == Bulletin.Status.WITHDRAWN:
        return _("This bulletin was withdrawn")
    title = variant.title
    if bulletin.is_alert and bulletin.alert.status != Alert.Status.ACTUAL:
        title = f"{bulletin.alert.get_status_display()}: {title}"
    if selected.correction:
        return _("Corrected: %s") % title
    if selected.successor:
        return _("No longer valid: %s") % title
    return title


def _html(bulletin: Bulletin, variant: BulletinVariant, selected: Selected) -> str:
    correction, successor = (
        absolute(reverse("bulletin", args=[follower.pk])) if follower else ""
        for follower in (selected.correction, selected.successor)
    )
    context = {
        "bulletin": bulletin,
        "variant": variant,
        "alert": bulletin.alert if bulletin.is_alert else None,
        "areas": [place.local_name for place in bulletin.areas.all()] if not bulletin.is_alert else [],
        "withdrawn": bulletin.status == Bulletin.Status.WITHDRAWN,
        "correction": correction,
        "successor": successor,
        "corrected": absolute(reverse("bulletin", args=[bulletin.corrects_id])) if bulletin.is_correction else "",
    }
    with timezone.override(bulletin.agency.zone):
        return render_to_string("alerts/feed_entry.html", context).strip()
