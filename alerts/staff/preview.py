"""What a bulletin will look like, and whom it will reach, before anything is saved."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django import forms
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from agencies.models import User
from alerts.acts.content import ContentRefused, VariantText
from alerts.acts.correcting import count_corrected
from alerts.acts.drafting import write_content
from alerts.engine.counting import AudienceCount, count_audience
from alerts.engine.rendering import preview
from alerts.models import Bulletin
from alerts.models.bulletin import BODY_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH, BulletinVariant
from alerts.staff.access import DRAFTING, agencies_of, bulletin_of, person, staff_page
from alerts.staff.composer import Composer
from subscriptions.models import Topic

logger = logging.getLogger(__name__)
FRAME_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["https:", "data:"],
    "frame-ancestors": [SELF],
    "sandbox": True,
}
KEPT = 3_600  # seconds that a preview of a mail can be looked at


@dataclass(frozen=True, slots=True)
class ShownText:
    """One language. `html` is safe; `mail_text` is text, to be escaped; `mail_url` is "" while the cache is gone."""

    language: str
    title: str
    summary: str
    html: str
    mail_text: str
    mail_url: str


@dataclass(frozen=True, slots=True)
class Shown:
    topics: list[Topic]
    audience: AudienceCount | None  # not counted while a correction is typed: that reads all deliveries of the first
    texts: list[ShownText]
    problem: str = ""  # what keeps the texts from being shown at all


def shown(request: HttpRequest, composer: Composer, *, live: bool = False) -> Shown:
    """The composer's content as it stands, whether or not it could be published."""
    topics = _topics(composer)
    audience = _audience(composer, topics, live=live)
    try:
        return Shown(topics, audience, _shown_texts(composer, topics, person(request)))
    except ContentRefused as refused:
        return Shown(topics, audience, [], " ".join(text for texts in refused.errors.values() for text in texts))


@require_POST
@staff_page
def live_preview(request: HttpRequest) -> HttpResponse:
    """The part of the composer's page that follows what is typed."""
    agency = get_object_or_404(agencies_of(person(request), *DRAFTING), slug=request.GET.get("agency", ""))
    number = request.GET.get("corrects", "")
    corrects = bulletin_of(request, int(number), *DRAFTING) if number.isdecimal() and len(number) < 19 else None
    composer = Composer.sent(agency, request.POST, corrects)
    return render(request, "staff/_shown.html", {"shown": shown(request, composer, live=True), "live": True})


# The mail has its styles on its elements, as mail programs want it. The frame has no scripts and no origin.
@require_safe
@csp(FRAME_POLICY)  # type: ignore[arg-type]  # django-csp has types for views without arguments only
@xframe_options_sameorigin
@staff_page
def preview_frame(request: HttpRequest, token: str) -> HttpResponse:
    """A mail that this person has just previewed."""
    html = cache.get(_key(person(request), token))
    if html is None:
        raise Http404
    return HttpResponse(html)


def mail_url(user: User, html: str) -> str:
    """Where the person can look at this mail for the next hour; "" while the cache is gone."""
    token = hashlib.sha256(html.encode()).hexdigest()
    try:
        cache.set(_key(user, token), html, KEPT)
    except (RedisError, OSError) as error:
        logger.warning("a preview is not kept, the cache does not answer: %s", error)
        return ""
    return reverse("staff-preview-frame", args=[token])


def _key(user: User, token: str) -> str:
    return f"staff-preview/{user.pk}/{token}"


def _audience(composer: Composer, topics: Sequence[Topic], *, live: bool) -> AudienceCount | None:
    if composer.corrects is None:
        return count_audience(topics, composer.areas)
    return None if live else count_corrected(composer.corrects)


def _topics(composer: Composer) -> list[Topic]:
    if composer.corrects is not None:
        return composer.corrects.ordered_topics()
    chosen = [getattr(one, "pk", one) for one in composer.head["topics"].value() or ()]
    numbers = [int(one) for one in chosen if str(one).isdecimal() and len(str(one)) < 19]
    return list(Topic.objects.open_for(composer.agency).filter(pk__in=numbers))


def _texts(composer: Composer) -> list[VariantText]:
    """One text per language, cut to what a row can hold: a preview judges nothing."""
    texts: dict[str, VariantText] = {}
    for part in composer.texts.parts:
        language = _value(part, "language")[:35] or composer.agency.default_language
        markup = _value(part, "body_format")
        text = VariantText(
            language=language,
            title=_value(part, "title")[:TITLE_LENGTH] or _("(no title yet)"),
            body=_value(part, "body")[:BODY_LENGTH],
            body_format=markup if markup in BulletinVariant.Format.values else BulletinVariant.Format.MARKDOWN,
            summary=_value(part, "summary")[:SUMMARY_LENGTH],
        )
        texts.setdefault(language, text)
    return list(texts.values())


def _value(part: forms.Form, name: str) -> str:
    return str(part[name].value() or "").replace("\x00", "").strip()


@transaction.atomic
def _shown_texts(composer: Composer, topics: Sequence[Topic], user: User) -> list[ShownText]:
    """Rendered from rows that are taken back: by the very code that will render what is sent."""
    bulletin = Bulletin.objects.create(agency=composer.agency, corrects=composer.corrects)
    write_content(bulletin=bulletin, topics=topics, variants=_texts(composer), areas=composer.areas)
    found = [_shown_text(bulletin, variant, user) for variant in bulletin.variants.order_by("pk")]
    transaction.set_rollback(True)
    return found


def _shown_text(bulletin: Bulletin, variant: BulletinVariant, user: User) -> ShownText:
    text, html = preview(bulletin, variant)
    return ShownText(
        language=variant.language,
        title=variant.title,
        summary=variant.summary,
        html=variant.html,
        mail_text=text,
        mail_url=mail_url(user, html),
    )
