"""Subjects: a tree to browse by, each with a page of its own."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from agencies.models import Agency
from agencies.models.api_key import Scope
from subscriptions.models import Category, Topic, Tree
from tests.integration.api.requests import Machine
from tests.integration.public.test_finding import text
from tests.integration.staff.cast import a_key
from tests.integration.subscriptions.cast import Town, a_category, a_topic, an_agency


@pytest.fixture
def nature(town: Town) -> Category:
    """Nature, with rivers in it, in which the floods are; beside it a wood where nothing is."""
    nature = a_category("Nature", description="All that is outside.", translations={"fr": {"name": "Nature sauvage"}})
    rivers = a_category("Rivers", nature, position=2)
    a_category("Woods", nature, position=1)
    Topic.objects.filter(pk=town.floods.pk).update(category=rivers)
    Topic.objects.filter(pk=town.internal.pk).update(category=rivers)
    a_topic(town.city, "parks", "Parks", "Lawns.", "Nature")
    return nature


def test_a_subject_s_page_has_the_topics_of_everything_in_it(nature: Category, client: Client) -> None:
    page = text(client, "/categories/nature/")
    assert "2 topics" in page
    for shown in ("Flood warnings", "Parks", "Rivers", "All that is outside."):
        assert shown in page
    for hidden in ("Duty roster", "Woods", "Road works"):
        assert hidden not in page


def test_the_way_back_up_is_shown(nature: Category, client: Client) -> None:
    page = text(client, "/categories/rivers/")
    crumbs = page[page.index('class="breadcrumbs"') : page.index("</nav>", page.index('class="breadcrumbs"'))]
    assert 'href="/categories/nature/"' in crumbs
    assert 'href="/#subjects"' in crumbs


def test_the_first_page_has_the_tree_with_what_is_in_each_subject(nature: Category, client: Client) -> None:
    page = text(client, "/")
    tree = page[page.index('<ul class="tree">') :]
    assert tree.index("Nature") < tree.index("Rivers") < tree.index("</ul>")
    assert '/categories/nature/">Nature</a> <span class="meta number">2</span>' in tree
    assert "Woods" not in page


def test_what_is_ticked_stays_ticked_on_a_subject_s_page(nature: Category, client: Client) -> None:
    page = text(client, "/categories/nature/?topic=roads")
    assert "You have chosen" in page
    assert 'value="roads" id="topic-' in page
    assert '<button formaction="/categories/rivers/">' in page


def test_links_of_the_time_before_lead_to_the_subject(nature: Category, client: Client) -> None:
    answer = client.get("/?category=Nature")
    assert (answer.status_code, answer["Location"]) == (302, "/categories/nature/")
    assert client.get("/?category=None").status_code == 200


def test_no_subject_is_not_found(nature: Category, client: Client) -> None:
    assert client.get("/categories/none/").status_code == 404
    assert "There is no topic here" in text(client, "/categories/woods/")


def test_pages_with_something_ticked_are_not_for_search_engines(nature: Category, client: Client) -> None:
    assert "noindex" not in text(client, "/categories/nature/")
    assert "noindex" in text(client, "/categories/nature/?topic=roads")


def test_a_subject_in_itself_is_refused_by_form_and_database(nature: Category) -> None:
    nature.parent = Category.objects.get(slug="rivers")
    with pytest.raises(ValidationError, match="lies in this subject"):
        nature.clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.filter(pk=nature.pk).update(parent=nature)


def test_a_circle_that_came_from_elsewhere_stops_nothing(nature: Category, client: Client) -> None:
    Category.objects.filter(pk=nature.pk).update(parent=Category.objects.get(slug="rivers"))
    nature.refresh_from_db()
    nature.name = "Outdoors"
    nature.save()
    assert Tree(Topic.objects.public()).branch("rivers") is None
    assert client.get("/").status_code == 200
    assert client.get("/categories/nature/").status_code == 404


def test_the_tree_takes_two_queries_however_large(
    nature: Category, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        a_category(f"Leaf {number}", nature)
    with django_assert_num_queries(2):
        Tree(Topic.objects.public())


def test_the_api_still_names_a_topic_s_subject(nature: Category) -> None:
    machine = Machine(a_key(Topic.objects.get(slug="floods").agency, Scope.BULLETINS))
    named = {topic["slug"]: topic["category"] for topic in machine.get("topics").json()}
    assert named == {"floods": "Rivers", "drought": "Weather and water", "duty-roster": "Rivers"}
    a_topic(Topic.objects.get(slug="roads").agency, "plain", "Plain")
    named = {topic["slug"]: topic["category"] for topic in machine.get("topics?agency=brook").json()}
    assert named["plain"] == ""


@pytest.mark.django_db(transaction=True)
def test_the_texts_of_before_become_subjects_and_come_back() -> None:
    """The migration there and back, with texts that make the same slug, or none."""
    before, after = [("subscriptions", "0005_places")], MigrationExecutor(connection).loader.graph.leaf_nodes()
    old = an_agency("old", "Old")
    try:
        apps = _migrated(before)
        topics = apps.get_model("subscriptions", "Topic").objects
        for slug, text_before in (("a", "City life"), ("b", "City: life"), ("c", "!"), ("d", ""), ("e", "City life")):
            topics.create(agency_id=old.pk, slug=slug, name=slug, category=text_before)
        _migrated(after)
        slugs = dict(Topic.objects.values_list("slug", "category__slug"))
        assert slugs == {"a": "city-life", "b": "city-life-2", "c": "subject", "d": None, "e": "city-life"}
        topics = _migrated(before).get_model("subscriptions", "Topic").objects
        assert dict(topics.values_list("slug", "category"))["b"] == "City: life"
    finally:
        _migrated(after)
        Topic.objects.all().delete()
        Agency.objects.all().delete()


def _migrated(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps
