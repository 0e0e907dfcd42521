"""Writing a bulletin: checked, sanitised, kept as a draft."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.audit import Actor, record
from agencies.models import Agency, ApiKey, Role, User
from alerts.acts.content import ContentRefused, VariantText, check_content
from alerts.models import Bulletin, BulletinArea, BulletinTopic, BulletinVariant
from channels.markup import BadMarkup, BodyFormat, to_safe_html, to_text
from subscriptions.models import Place, Topic

FORMATS: dict[str, BodyFormat] = {"markdown": "markdown", "html": "html"}
__all__ = ["ContentRefused", "VariantText", "create_bulletin", "edit_bulletin", "write_content"]


@transaction.atomic
def create_bulletin(
    *,
    agency: Agency,
    topics: Sequence[Topic],
    variants: Sequence[VariantText],
    author: User | ApiKey | None,
    areas: Sequence[Place] = (),
    corrects: Bulletin | None = None,
    urgent: bool = False,
) -> Bulletin:
    """A new draft; `author` None is the system (imports), no `areas` everywhere. Raises ContentRefused.

    `urgent`: it goes at once to who reads daily or weekly too. A correction goes at once to who got the first anyway.

    Corrections: see alerts.acts.correcting.
    """
    check_content(agency=agency, topics=topics, variants=variants, areas=() if corrects else areas)
    bulletin = Bulletin.objects.create(
        agency=agency,
        created_by=author if isinstance(author, User) else None,
        created_with=author if isinstance(author, ApiKey) else None,
        corrects=corrects,
        urgent=urgent and corrects is None,
    )
    write_content(bulletin=bulletin, topics=topics, variants=variants, areas=areas)
    record(
        actor=Actor.of(author),
        verb="bulletin.created",
        target=bulletin,
        agency=agency,
        after=_summary(topics, variants, areas) | ({"corrects": corrects.pk} if corrects else {}) | _urgency(bulletin),
    )
    return bulletin


@transaction.atomic
def edit_bulletin(
    *,
    bulletin: Bulletin,
    topics: Sequence[Topic],
    variants: Sequence[VariantText],
    editor: User,
    areas: Sequence[Place] | None = None,
    urgent: bool | None = None,
) -> None:
    """Replace a draft's content; without `areas` or `urgent` these stay. Raises ContentRefused, also if it is none."""
    locked = Bulletin.objects.select_for_update().select_related("agency").get(pk=bulletin.pk)
    if locked.status != Bulletin.Status.DRAFT:
        raise ContentRefused({"status": ["This bulletin has been published; it can no longer be edited."]})
    if locked.is_alert:
        if not editor.may(Role.OPERATOR, locked.agency):
            raise ContentRefused({"status": ["Changing an alert takes the role of emergency operator."]})
        locked.created_by = editor  # who changes an alert answers for it, and so can't be the one who approves it
        variants = _with_events(locked, variants)
    if locked.is_correction:
        topics = locked.ordered_topics()  # those of what it corrects: its recipients are chosen by that alone
        areas = None
    check_content(agency=locked.agency, topics=topics, variants=variants, areas=areas or ())
    had = locked.ordered_areas()
    areas = had if areas is None else areas
    titles = {variant.language: variant.title for variant in locked.variants.all()}
    before: dict[str, object] = {"titles": titles} | (
        {} if list(areas) == had else {"areas": [place.code for place in had]}
    )
    before |= _urgency(locked)
    if urgent is not None and not locked.is_alert and not locked.is_correction:
        locked.urgent = urgent
    write_content(bulletin=locked, topics=topics, variants=variants, areas=areas)
    locked.save(update_fields=["edited_at", "created_by", "urgent"])
    record(
        actor=Actor.of(editor),
        verb="bulletin.edited",
        target=locked,
        agency=locked.agency,
        before=before,
        after=_summary(topics, variants, areas) | _urgency(locked),
    )


def write_content(
    *, bulletin: Bulletin, topics: Sequence[Topic], variants: Sequence[VariantText], areas: Sequence[Place] = ()
) -> None:
    """Put topics, variants and areas in the place of what the bulletin had; the caller has checked them."""
    safe = [_safe_html(number, len(variants), variant) for number, variant in enumerate(variants)]
    bulletin.topic_links.all().delete()
    bulletin.variants.all().delete()
    bulletin.area_links.all().delete()
    BulletinArea.objects.bulk_create(BulletinArea(bulletin=bulletin, place=place) for place in dict.fromkeys(areas))
    BulletinTopic.objects.bulk_create(
        BulletinTopic(bulletin=bulletin, topic=topic, position=position)
        for position, topic in enumerate(dict.fromkeys(topics))
    )
    BulletinVariant.objects.bulk_create(
        BulletinVariant(
            bulletin=bulletin,
            language=variant.language,
            title=variant.title.strip(),
            summary=variant.summary.strip(),
            body=variant.body,
            body_format=variant.body_format,
            html=html,
            instruction=variant.instruction,
            event=variant.event.strip(),
        )
        for variant, html in zip(variants, safe, strict=True)
    )


def _with_events(alert: Bulletin, variants: Sequence[VariantText]) -> list[VariantText]:
    """What an alert is, is not lost where its texts are written anew without it."""
    said = {one.language: one.event for one in alert.variants.all()}
    return [replace(one, event=one.event or said.get(one.language, alert.alert.event)) for one in variants]


def _safe_html(number: int, of: int, variant: VariantText) -> str:
    field = f"variants.{number}.body" if of > 1 else "body"
    try:
        html = to_safe_html(variant.body, FORMATS[variant.body_format])
    except BadMarkup as error:
        raise ContentRefused({field: [str(error)]}) from error
    if not to_text(html).strip():
        was_something = variant.body.strip()
        left = _("Nothing is left of it once it is made safe: write a text.") if was_something else _("Write a text.")
        raise ContentRefused({field: [left]})
    return html


def _urgency(bulletin: Bulletin) -> dict[str, object]:
    return {"urgent": True} if bulletin.urgent else {}


def _summary(topics: Sequence[Topic], variants: Sequence[VariantText], areas: Sequence[Place]) -> dict[str, object]:
    named: dict[str, object] = {"areas": [place.code for place in areas]} if areas else {}
    return named | {
        "topics": [topic.slug for topic in topics],
        "titles": {variant.language: variant.title for variant in variants},
    }
