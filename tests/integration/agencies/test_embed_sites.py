"""An agency's sites: kept as browsers name them, over https alone, each change in the audit trail."""

import pytest
from django.core.exceptions import ValidationError

from agencies.audit import Actor
from agencies.embedding import set_embed_sites
from agencies.models import Agency, AuditEntry
from agencies.models.sites import MOST_SITES
from tests.integration.staff.cast import an_agency

pytestmark = pytest.mark.django_db
SITE = "https://www.water.example"


@pytest.fixture
def water() -> Agency:
    return an_agency(embed_sites=[SITE])


def test_sites_are_kept_by_their_origin_and_audited(water: Agency) -> None:
    typed = ["https://WWW.Water.example/news?x=1", "www.water.example", "https://bücher.example:8443", SITE]
    kept = set_embed_sites(agency=water, sites=typed, actor=Actor.of(None))
    assert kept == [SITE, "https://xn--bcher-kva.example:8443"]
    entry = AuditEntry.objects.get(verb="agency.embed-sites-changed")
    assert (entry.before, entry.after) == ({"sites": [SITE]}, {"sites": kept})


@pytest.mark.parametrize(
    "site",
    [
        "http://www.water.example", "https://", "*", "https://*.water.example", "https://water", "'self'", "data:x",
        "https://user@water.example", "https://1.2.3.4", "https://water.example; script-src *", "https://a..b",
        "https://water.example:99999", "https://[::1]", "javascript://water.example/", "https://wa ter.example",
        "https://water.example\nx.example",
    ],
)  # fmt: skip
def test_what_is_no_site_over_https_is_refused(water: Agency, site: str) -> None:
    with pytest.raises(ValidationError):
        set_embed_sites(agency=water, sites=[site], actor=Actor.of(None))
    assert Agency.objects.get(pk=water.pk).embed_sites == [SITE]


def test_so_many_sites_and_no_more(water: Agency) -> None:
    sites = [f"https://{number}.water.example" for number in range(MOST_SITES + 1)]
    with pytest.raises(ValidationError):
        set_embed_sites(agency=water, sites=sites, actor=Actor.of(None))
