"""Which web sites may show an agency's sign-up form in a frame."""

from django.db import transaction

from agencies.audit import Actor, record
from agencies.models import Agency
from agencies.models.sites import check_sites, https_origin


@transaction.atomic
def set_embed_sites(*, agency: Agency, sites: list[str], actor: Actor) -> list[str]:
    """Make these the agency's sites, each by its origin; returns those. Raises ValidationError for what is no site."""
    origins = list(dict.fromkeys(https_origin(site) for site in sites))
    check_sites(origins)
    before = Agency.objects.select_for_update().get(pk=agency.pk).embed_sites
    if origins != before:
        Agency.objects.filter(pk=agency.pk).update(embed_sites=origins)
        record(
            actor=actor,
            verb="agency.embed-sites-changed",
            target=agency,
            agency=agency,
            before={"sites": before},
            after={"sites": origins},
        )
    return origins
