"""An agency's administrator names the agency and its topics in every language."""

import pytest
from django.test import Client

from agencies.models import Agency, AuditEntry, Role
from alerts.finding.search import agencies_about, topics_about
from tests.integration.staff.cast import a_person, a_topic, an_agency, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/staff/agencies/water/names/"


@pytest.fixture
def water() -> Agency:
    return an_agency(translations={"fr": {"name": "Ministère de l'Eau"}, "mi": {"name": "Te Manatū Wai"}})


@pytest.fixture
def admin(water: Agency) -> Client:
    return signed_in(a_person(water, Role.ADMINISTRATOR))


def test_the_page_offers_every_language_and_leads_to_the_topics(water: Agency, admin: Client) -> None:
    a_topic(water), a_topic(water, "roster", is_public=False)
    page = admin.get(PAGE).text
    for shown in ("Ministère de l&#x27;Eau", "العربيّة", "Українська", f"{PAGE}floods/", f"{PAGE}roster/"):
        assert shown in page, shown
    assert 'name="name_ar" lang="ar" dir="rtl"' in page
    assert "names/" in admin.get("/staff/").text


def test_an_agency_is_named_and_found_in_other_languages(water: Agency, admin: Client) -> None:
    form = {"name": "Ministry of Waters", "description": "Rivers.", "name_uk": "Міністерство води", "name_fr": ""}
    assert admin.post(PAGE, form).status_code == 302
    water.refresh_from_db()
    assert (water.name, water.description) == ("Ministry of Waters", "Rivers.")
    assert water.translations == {"uk": {"name": "Міністерство води"}, "mi": {"name": "Te Manatū Wai"}}
    assert list(agencies_about("міністерство")) == [water]
    entry = AuditEntry.objects.get(verb="agency.described", agency_id=water.pk)
    assert (entry.before["name"], entry.after["name"]) == ("Ministry of Water", "Ministry of Waters")
    admin.post(PAGE, form)
    assert AuditEntry.objects.filter(verb="agency.described").count() == 1


def test_a_topic_is_described_in_other_languages(water: Agency, admin: Client) -> None:
    topic = a_topic(water)
    form = {"name": "Floods", "name_es": "Crecidas", "description_es": "Avisos del río."}
    admin.post(f"{PAGE}floods/", form)
    topic.refresh_from_db()
    assert topic.translations == {"es": {"name": "Crecidas", "description": "Avisos del río."}}
    assert list(topics_about("avisos")) == [topic]
    assert AuditEntry.objects.get(verb="topic.described").agency_id == water.pk


@pytest.mark.parametrize(
    "form",
    [{"name": ""}, {"name": "x" * 201}, {"name": "Water", "name_fr": "x" * 201}, {"name": "W", "name_fr": "a\x00"}],
)
def test_a_bad_name_is_refused_and_nothing_is_kept(water: Agency, admin: Client, form: dict[str, str]) -> None:
    answer = admin.post(PAGE, form)
    assert (answer.status_code, "There is a problem" in answer.text) == (422, True)
    water.refresh_from_db()
    assert water.name == "Ministry of Water"


def test_others_topics_are_not_there(water: Agency, admin: Client) -> None:
    a_topic(an_agency("brook", "City of Brook"), "roads")
    assert admin.post(f"{PAGE}roads/", {"name": "Ours"}).status_code == 404
    assert admin.get("/staff/agencies/brook/names/").status_code == 404
