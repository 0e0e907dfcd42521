"""One search over topics, agencies and bulletins: every language, half a word, a slip of the keyboard."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from agencies.models import Agency
from alerts.finding.search import agencies_about, corrected, entries_about, topics_about
from alerts.models import Alert, Bulletin
from subscriptions.models import Topic
from tests.integration.public.test_finding import text
from tests.integration.subscriptions.cast import Town, a_bulletin, a_category, a_topic, an_alert


def slugs(words: str) -> list[str]:
    return [topic.slug for topic in topics_about(words)]


def found(words: str) -> set[int]:
    return set(entries_about(words).values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("language", "said", "typed"),
    [
        ("ro", "Inundații pe râul Brenn", "inundatii"),  # without accents
        ("ro", "Inundaţii în judeţ", "inundații județ"),  # the cedilla of old keyboards, the comma of new ones
        ("ro", "Școală închisă", "şcoala"),
        ("ro", "Inundații pe râu", "inundatie"),  # another form of the word
        ("fr", "Fermeture de l’école", "ecole"),
        ("fr", "Fermetures d'écoles", "école fermeture"),
        ("es", "Cortes de agua", "corte agua"),
        ("es", "Avisos de inundación", "inundacion"),
        ("en", "Flooding of the Brook", "floods"),
        ("en-GB", "Flooding of the Brook", "floods"),
        ("en", "COVID-19 vaccination", "covid 19"),
        ("en", "COVID-19 vaccination", "COVID-19"),
        ("ar", "أَمْطارٌ غزيرة", "امطار"),  # without vowel signs, another alef
        ("ar", "إغلاق المدارس", "اغلاق"),
        ("ar", "حالة الطوارئ في المدينة", "طوارئ"),  # without the article
        ("ar", "مستشفى جديد", "مستشفي"),
        ("ar", "سنة ٢٠٢٦", "2026"),
        ("uk", "Ремонт дороги до об’єкта", "дорога об'єкт"),  # another form, another apostrophe
        ("uk", "Підвищення рівня води", "підвищень вода"),
        ("uk", "Київ: відключення", "київ відключ"),
        ("de", "Straße gesperrt", "strasse"),
    ],
)
def test_a_word_is_found_however_it_is_written(town: Town, language: str, said: str, typed: str) -> None:
    bulletin = a_bulletin(town.floods, texts={language: f"{said}\n-"})
    a_topic(town.water, "said", "-", translations={language: {"name": said}})
    assert bulletin.pk in found(typed)
    assert "said" in slugs(typed)


def test_the_last_word_counts_as_far_as_it_was_typed_and_the_others_whole(town: Town) -> None:
    assert slugs("flood war") == ["floods"]
    assert slugs("flo war") == []


def test_all_of_the_words_must_be_there_but_not_the_small_ones(town: Town) -> None:
    assert slugs("flood warnings of the river") == ["floods"]
    assert slugs("flood buses") == []


def test_a_name_comes_before_a_description_and_an_agency_s_name_last(town: Town) -> None:
    a_topic(town.city, "pools", "Swimming pools", "Opening hours, and warnings of cold water.")
    assert slugs("warnings") == ["floods", "pools"]
    assert slugs("water")[0] == "drought"


def test_a_topic_is_found_by_the_subjects_that_it_lies_in(town: Town) -> None:
    nature = a_category("Nature")
    rivers = a_category("Rivers and lakes", nature)
    Topic.objects.filter(pk=town.roads.pk).update(category=rivers)
    assert slugs("nature") == slugs("lakes") == ["roads"]
    nature.name = "Outdoors"
    nature.save()
    assert slugs("nature") == []
    assert slugs("outdoors") == ["roads"]
    rivers.parent = None
    rivers.save()
    assert slugs("outdoors") == []


def test_a_new_name_is_found_at_once_and_the_old_one_no_more(town: Town) -> None:
    town.water.name = "Board of Rivers"
    town.water.translations = {"fr": {"name": "Ministère des Rivières"}}
    town.water.save()
    assert [agency.slug for agency in agencies_about("ministere riviere")] == ["water"]
    assert set(slugs("board of rivers")) == {"floods", "drought"}
    assert slugs("ministry") == []


def test_internal_and_closed_topics_are_not_found(town: Town) -> None:
    Topic.objects.filter(pk=town.roads.pk).update(closed_at=timezone.now())
    assert slugs("duty") == slugs("road") == []


def test_every_variant_of_a_bulletin_is_searched_and_drafts_are_not(town: Town) -> None:
    said = a_bulletin(town.floods, texts={"en": "High water\nStay.", "uk": "Повінь\nЗалишайтеся."})
    a_bulletin(town.floods, texts={"en": "High water draft\n-"}, status=Bulletin.Status.DRAFT)
    a_bulletin(town.internal, texts={"en": "High water inside\n-"})
    assert found("high water") == found("повінь") == found("залишайтеся") == {said.pk}


def test_what_is_withdrawn_or_becomes_internal_is_found_no_more(town: Town) -> None:
    one, two = a_bulletin(town.floods), a_bulletin(town.roads)
    Bulletin.objects.filter(pk=one.pk).update(status=Bulletin.Status.WITHDRAWN)
    assert found("rising") == {two.pk}
    Topic.objects.filter(pk=town.roads.pk).update(is_public=False)
    assert found("rising") == set()
    Topic.objects.filter(pk=town.roads.pk).update(is_public=True)
    assert found("rising") == {two.pk}


def test_a_draft_is_found_from_the_moment_it_is_published(town: Town) -> None:
    draft = a_bulletin(town.floods, status=Bulletin.Status.DRAFT, published_at=None)
    assert found("rising") == set()
    Bulletin.objects.filter(pk=draft.pk).update(status=Bulletin.Status.PUBLISHED, published_at=timezone.now())
    assert found("rising") == {draft.pk}


def test_alerts_for_a_few_are_not_found(town: Town) -> None:
    public = an_alert(town.floods, title="Dam in danger")
    an_alert(town.floods, title="Dam in danger", scope=Alert.Scope.RESTRICTED)
    assert found("dam") == {public.pk}


def test_deleting_leaves_nothing_to_find(town: Town) -> None:
    gone = a_bulletin(town.floods)
    gone.delete()
    assert found("rising") == set()
    connection.check_constraints()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("flod", "flood"),
        ("warnigns", "warnings"),
        ("ministy", "ministry"),
        ("Drouhgt notises", "drought notices"),
        ("flood warnigns", "flood warnings"),
        ("повінн", "повінь"),
    ],
)
def test_a_mistyped_word_becomes_the_nearest_that_something_has(town: Town, typed: str, meant: str) -> None:
    a_bulletin(town.floods, texts={"uk": "Повінь\n-"})
    assert corrected(typed) == meant


@pytest.mark.parametrize("typed", ["flood", "qwertz", "", "!!!", "1234567", "xyz"])
def test_words_that_are_right_or_like_nothing_stay(town: Town, typed: str) -> None:
    assert corrected(typed) == ""


def test_a_word_that_is_not_finished_is_not_mistyped(town: Town) -> None:
    assert corrected("drou") == corrected("flood drou") == ""
    assert corrected("drou warnings") == "drought warnings"


def test_a_subject_s_name_is_known(town: Town) -> None:
    assert corrected("trannsport") == "transport"


def test_words_of_internal_topics_are_never_suggested(town: Town) -> None:
    assert corrected("rostter") == ""


def test_the_page_shows_what_the_nearest_words_find(town: Town, client: Client) -> None:
    a_bulletin(town.roads, texts={"es": "Puente cerrado\n-"})
    page = text(client, "/?q=flod")
    assert "Nothing has “flod”. This was found for “flood”." in page
    assert "Flood warnings" in page
    page = text(client, "/archive/?q=puemte")
    assert "Nothing has “puemte”. This was found for “puente”." in page
    assert "Puente cerrado" in page


def test_with_little_found_the_page_offers_similar_words_that_find_more(town: Town, client: Client) -> None:
    a_topic(town.city, "flodd", "News from Flodd")
    a_topic(town.city, "basin", "Flood basin")
    assert '<button class="link-button" name="q" value="flood">' in text(client, "/?q=flodd")
    assert "Did you mean" not in text(client, "/?q=drought")


def test_the_page_groups_topics_agencies_and_the_last_bulletins(town: Town, client: Client) -> None:
    for day in range(7):
        a_bulletin(
            town.floods,
            texts={"en": f"Water level of day {day}\n-"},
            published_at=timezone.now() - timedelta(days=day),
        )
    page = text(client, "/?q=water")
    order = [page.index(part) for part in ("Flood warnings", "Ministry of Water</a>", "Water level of day 0")]
    assert order == sorted(order)
    assert "Water level of day 4" in page
    assert "Water level of day 5" not in page
    assert 'href="/archive/?q=water"' in page


def test_what_can_be_chosen_is_ticked_in_the_results(town: Town, client: Client) -> None:
    page = text(client, "/?q=flood&topic=roads")
    assert '<input type="checkbox" name="topic" value="floods"' in page
    assert 'value="roads" id="topic-' in page
    assert page.count("checked>") == 1


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%25_*", "q='&q=%5C", "q=" + "x" * 5_000, "q=" + "a+" * 2_000, "q=!!!", "q=%3A*+%26+%7C",
     "q=&page=99999", "q=water&page=99999", "q=water&page=-1", "q=water&page=x", "q=%F0%9F%8C%8A", "q=%D9%80",
     "q=the+of"],
)  # fmt: skip
def test_odd_words_are_answered(town: Town, client: Client, query: str) -> None:
    for path in ("/", "/archive/", "/categories/transport/"):
        assert client.get(f"{path}?{query}").status_code == 200


def test_agencies_without_topics_are_not_offered(town: Town, client: Client) -> None:
    Agency.objects.filter(pk=town.city.pk).update(name="City of Floods")
    Topic.objects.filter(pk=town.roads.pk).update(closed_at=timezone.now())
    assert "City of Floods" not in text(client, "/?q=floods")


def test_the_words_of_others_wait_for_nobody(town: Town) -> None:
    """A word may be known twice: two who publish it at once must not wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisunique FROM pg_index WHERE indrelid = 'alerts_searchword'::regclass AND NOT indisprimary"
        )
        assert {unique for (unique,) in cursor.fetchall()} == {False}
