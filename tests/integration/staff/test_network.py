"""The agency's pages of the network: where followers come from, partners, the form for its own site."""

import re

import pytest
from django.test import Client

from agencies.models import Agency, AuditEntry, Role
from subscriptions.models import PartnerPin, Source, SourceCount, TopicStock
from tests.integration.staff.cast import a_person, a_topic, an_agency, signed_in
from tests.integration.subscriptions.followers import all_counted, people

pytestmark = pytest.mark.django_db
SITE = "https://www.water.example"


@pytest.fixture
def water() -> Agency:
    return an_agency()


@pytest.fixture
def admin(water: Agency) -> Client:
    return signed_in(a_person(water, Role.ADMINISTRATOR))


def test_followers_are_shown_by_where_they_came_from(water: Agency) -> None:
    floods, drill = a_topic(water), a_topic(water, "duty-roster", is_public=False)
    people(1_200, floods, source=Source.objects.at(Source.Kind.NETWORK))
    people(400, floods, drill, source=Source.objects.at(Source.Kind.EMBED, SITE))
    people(77, a_topic(an_agency("brook", "City of Brook"), "roads"))
    viewer = signed_in(a_person(water, Role.VIEWER, name="Vera Viewer"))
    assert "Nothing was counted yet" in viewer.get("/staff/agencies/water/sources/").content.decode()
    all_counted()
    text = viewer.get("/staff/agencies/water/sources/").content.decode()
    for shown in ("1,200", "1,600", "2,000", "60 %", "40 %", SITE, "Internal"):
        assert shown in text, shown
    assert "77" not in re.sub(r"<[^>]*>", " ", text)  # what is shown: a token of a form may have it
    assert "Roads" not in text


def test_another_agency_s_report_does_not_exist(water: Agency) -> None:
    floods = a_topic(water)
    people(3, floods)
    all_counted()
    stranger = signed_in(a_person(an_agency("brook", "City of Brook"), Role.ADMINISTRATOR))
    for page in ("sources", "partners", "embed"):
        assert stranger.get(f"/staff/agencies/water/{page}/").status_code == 404
        assert stranger.post(f"/staff/agencies/water/{page}/", {"sites": SITE, "add": "1"}).status_code in {404, 405}
    assert Agency.objects.get(slug="water").embed_sites == []
    assert SourceCount.objects.exists()
    assert TopicStock.objects.exists()


def test_an_administrator_finds_adds_orders_and_takes_out_partners(water: Agency, admin: Client) -> None:
    brook = an_agency("brook", "City of Brook")
    roads, markets, own = a_topic(brook, "roads"), a_topic(brook, "markets"), a_topic(water, "water-roads")
    page = "/staff/agencies/water/partners/"
    found = admin.get(page, {"q": "roads"}).context["found"]
    assert (roads in found, own in found) == (True, False)
    admin.post(page, {"add": roads.pk})
    assert "is suggested to your followers" in admin.post(page, {"add": markets.pk}, follow=True).content.decode()
    assert roads not in admin.get(page, {"q": "roads"}).context["found"]
    admin.post(page, {"up": markets.pk})
    assert list(PartnerPin.objects.values_list("topic__slug", flat=True)) == ["markets", "roads"]
    admin.post(page, {"remove": roads.pk})
    assert PartnerPin.objects.get().topic == markets
    assert AuditEntry.objects.filter(verb="agency.partners-changed", agency_id=water.pk).count() == 4


@pytest.mark.parametrize("form", [{"add": "x"}, {"add": "9" * 30}, {"remove": ""}, {"up": "-1"}, {}])
def test_a_made_up_topic_pins_nothing(water: Agency, admin: Client, form: dict[str, str]) -> None:
    assert admin.post("/staff/agencies/water/partners/", form).status_code in {302, 404}
    assert not PartnerPin.objects.exists()


def test_an_own_or_internal_topic_is_refused_with_a_sentence(water: Agency, admin: Client) -> None:
    own = a_topic(water)
    internal = a_topic(an_agency("brook", "City of Brook"), "roster", is_public=False)
    answer = admin.post("/staff/agencies/water/partners/", {"add": own.pk}, follow=True)
    assert "a topic of your own" in answer.content.decode()
    assert admin.post("/staff/agencies/water/partners/", {"add": internal.pk}).status_code == 404
    assert not PartnerPin.objects.exists()


def test_the_snippets_name_the_chosen_topics(water: Agency, admin: Client) -> None:
    a_topic(water), a_topic(water, "drought"), a_topic(water, "roster", is_public=False)
    page = "/staff/agencies/water/embed/"
    text = admin.get(page).content.decode()
    assert "/embed/water/&quot;" in text.replace('/embed/water/"', "/embed/water/&quot;")
    assert ("drought" in text, "roster" in text) == (True, False)
    text = admin.get(page, {"topic": ["drought", "roster"]}).content.decode()
    assert "/embed/water/?topics=drought" in text
    assert "type=&quot;hidden&quot;" in text.replace('type="hidden" name="topic"', "type=&quot;hidden&quot;")


def test_an_administrator_says_which_sites_may_frame_the_form(water: Agency, admin: Client) -> None:
    page = "/staff/agencies/water/embed/"
    answer = admin.post(page, {"sites": f"{SITE}/news/\n\n www.Brook.example \n"})
    assert answer.status_code == 302
    water.refresh_from_db()
    assert water.embed_sites == [SITE, "https://www.brook.example"]
    answer = admin.post(page, {"sites": "http://www.water.example"})
    assert (answer.status_code, "is no site" in answer.content.decode()) == (422, True)
    answer = admin.post(page, {"sites": "\n".join(f"https://{number}.example.org" for number in range(21))})
    assert (answer.status_code, "at most 20" in answer.content.decode()) == (422, True)
    assert AuditEntry.objects.filter(verb="agency.embed-sites-changed").count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PUBLISHER, Role.OPERATOR])
def test_others_see_the_snippets_and_set_nothing(water: Agency, role: Role) -> None:
    a_topic(water)
    browser = signed_in(a_person(water, role))
    assert "&lt;iframe" in browser.get("/staff/agencies/water/embed/").content.decode()
    assert browser.post("/staff/agencies/water/embed/", {"sites": SITE}).status_code == 403
    water.refresh_from_db()
    assert water.embed_sites == []


def test_the_overview_leads_to_what_a_role_may_open(water: Agency, admin: Client) -> None:
    text = signed_in(a_person(water, Role.VIEWER, name="Vera Viewer")).get("/staff/").content.decode()
    assert ("/staff/agencies/water/sources/" in text, "/staff/agencies/water/partners/" in text) == (True, False)
    assert "/staff/agencies/water/partners/" in admin.get("/staff/").content.decode()
