"""The demo's country in its six languages: names and descriptions, on the pages and found by their own words."""

import pytest
from django.conf import settings as project
from django.utils import translation

from agencies.models import Agency
from alerts.finding.search import agencies_about, topics_about
from govnotify.demo.data.agencies import make_agencies
from govnotify.demo.data.places import REGIONS, make_places
from subscriptions.models import Category, Place, Topic

pytestmark = pytest.mark.django_db
OTHERS = {tag for tag, _name in project.BULLETIN_LANGUAGES} - {"en"}

# A word of a name and one of a description, each in a language of its own, and the topic that both find.
FOUND = {
    "fr": ("déchets", "encombrants", "aldermouth-waste"),
    "ro": ("incendii", "evacuări", "wildfires"),
    "es": ("vacunación", "vacuna", "vaccination"),
    "ar": ("العبّارات", "الحجوزات", "ferries"),
    "uk": ("повені", "долині Елдера", "river-elder-floods"),
}


def test_every_agency_and_topic_has_a_name_and_a_description_in_every_language() -> None:
    make_agencies()
    for one in [*Agency.objects.all(), *Topic.objects.all()]:
        assert {tag for tag, texts in one.translations.items() if texts["name"] and texts["description"]} == OTHERS, one
    for category in Category.objects.all():
        assert set(category.translations) == OTHERS, category
    assert all(set(names) == OTHERS for _name, names in REGIONS)


@pytest.mark.parametrize("language", sorted(FOUND))
def test_a_topic_is_found_by_the_words_of_its_name_and_of_its_description(language: str) -> None:
    make_agencies()
    name, description, slug = FOUND[language]
    for words in (name, description):
        assert slug in {topic.slug for topic in topics_about(words)}, words


@pytest.mark.parametrize("language", sorted(OTHERS))
def test_the_pages_say_them_in_the_language_of_the_reader(client, settings, language: str) -> None:
    settings.LANGUAGES = settings.BULLETIN_LANGUAGES
    make_agencies()
    city, waste = Agency.objects.get(slug="aldermouth"), Topic.objects.get(slug="aldermouth-waste")
    with translation.override(language):
        said = {one: (one.local_name, one.local_description) for one in (city, waste)}
    for one, (name, description) in said.items():
        page = client.get(one.get_absolute_url(), headers={"accept-language": language})
        assert name != one.name
        assert description != one.description
        assert name in page.text.replace("&#x27;", "'")
        assert description in page.text
        assert one.description not in page.text


def test_agencies_and_places_are_found_by_their_names_in_other_languages() -> None:
    make_agencies()
    make_places()
    assert [agency.slug for agency in agencies_about("Високих Феллів")] == ["high-fells"]
    assert Place.objects.search("Bajo Brenn").first() == Place.objects.get(code="TM-3")
