"""What machines submit: topics by their slugs, and every fault of a request or file at once."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Agency, ApiKey, User
from alerts.acts.content import AREAS, ContentRefused, VariantText, check_content
from alerts.acts.drafting import create_bulletin
from alerts.models import Bulletin
from subscriptions.models import Place, Topic


def submit_bulletin(
    *,
    agency: Agency,
    topics: Iterable[str],
    variants: Sequence[VariantText],
    author: User | ApiKey,
    areas: Iterable[str] = (),
    urgent: bool = False,
) -> Bulletin:
    """A new draft on the topics of these slugs, about the places of these codes. Raises ContentRefused."""
    places, faults = places_named(areas)
    try:
        chosen = topics_named(agency=agency, slugs=topics, variants=variants)
    except ContentRefused as refused:
        raise ContentRefused(refused.errors | faults) from refused
    if faults:
        raise ContentRefused(_other_faults(agency, chosen, variants) | faults)
    return create_bulletin(agency=agency, topics=chosen, variants=variants, author=author, areas=places, urgent=urgent)


def places_named(codes: Iterable[str]) -> tuple[list[Place], dict[str, list[str]]]:
    """The places of these codes, each once, in the order given; and under "areas" what is wrong with them."""
    wanted = list(dict.fromkeys(codes))
    if len(wanted) > AREAS:
        said = ngettext(
            "Choose at most %(most)d place, or one that it lies in.",
            "Choose at most %(most)d places, or some that they lie in.",
            AREAS,
        )
        return [], {"areas": [said % {"most": AREAS}]}
    known = {place.code: place for place in Place.objects.filter(code__in=wanted)}
    problems = [
        _("“%s” is no place of the register: look its code up, or import it.") % code[:80]
        for code in wanted
        if code not in known
    ]
    return [known[code] for code in wanted if code in known], {"areas": problems} if problems else {}


def topics_named(*, agency: Agency, slugs: Iterable[str], variants: Sequence[VariantText]) -> list[Topic]:
    """The agency's open topics of these slugs, each once, in the order given.

    Raises ContentRefused with one sentence for every slug that is none, together with the faults of
    `variants`. An internal topic of another agency is answered like one that does not exist.
    """
    wanted = list(dict.fromkeys(slugs))
    found = {topic.slug: topic for topic in Topic.objects.filter(slug__in=wanted).select_related("agency")}
    problems = [problem for slug in wanted if (problem := _problem(agency, slug, found.get(slug)))]
    if problems:
        raise ContentRefused({**_other_faults(agency, (), variants), "topics": problems})
    return [found[slug] for slug in wanted]


def _problem(agency: Agency, slug: str, topic: Topic | None) -> str | None:
    names = {"slug": slug[:80], "agency": agency}
    if topic is None or (topic.agency_id != agency.pk and not topic.is_public):
        return _("“%(slug)s” is not a topic of %(agency)s.") % names
    if topic.agency_id != agency.pk:
        owned = _("“%(slug)s” is a topic of %(owner)s; %(agency)s publishes on its own topics only.")
        return owned % {**names, "owner": topic.agency}
    if topic.closed_at:
        return _("The topic “%(slug)s” is closed; choose another.") % names
    return None


def _other_faults(agency: Agency, topics: Sequence[Topic], variants: Sequence[VariantText]) -> dict[str, list[str]]:
    if not variants:
        return {}
    try:
        check_content(agency=agency, topics=topics, variants=variants)
    except ContentRefused as refused:
        return refused.errors
    return {}
