"""The platform administrator's tree of subjects: added to, renamed, moved, ordered, cleared of what is empty."""

from collections.abc import Mapping

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import AuditEntry, User
from alerts.finding.search import topics_about
from subscriptions.models import Category
from tests.integration.staff.cast import PASSWORD, a_topic, an_agency, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/staff/categories/"


@pytest.fixture
def admin() -> Client:
    person = User.objects.create_user("noor@platform.example", PASSWORD, name="Noor", is_platform_admin=True)
    return signed_in(person)


@pytest.fixture
def nature() -> Category:
    return Category.objects.create(slug="nature", name="Nature")


def inside(parent: Category, name: str, position: int = 0) -> Category:
    return Category.objects.create(slug=name.lower(), name=name, parent=parent, position=position)


def said(client: Client, name: str, category: Category, data: Mapping[str, object]) -> str:
    return client.post(reverse(name, args=[category.pk]), data, follow=True).content.decode()


def test_a_platform_administrator_needs_a_second_factor_and_is_led_there() -> None:
    person = User.objects.create_user("noor@platform.example", PASSWORD, name="Noor", is_platform_admin=True)
    client = Client()
    client.force_login(person)
    assert client.get("/staff/")["Location"] == reverse("mfa_activate_totp")
    assert PAGE in signed_in(person).get("/staff/").text


def test_a_subject_is_added_where_it_is_wanted_and_is_the_last_there(admin: Client, nature: Category) -> None:
    inside(nature, "Woods")
    page = admin.post(PAGE, {"name": "Rivers & lakes", "parent": nature.pk}, follow=True)
    assert "was added" in page.text
    added = Category.objects.get(name="Rivers & lakes")
    assert (added.slug, added.parent, added.position) == ("rivers-lakes", nature, 1)
    admin.post(PAGE, {"name": "Rivers, lakes", "parent": ""})
    admin.post(PAGE, {"name": "أنهار", "parent": ""})
    slugs = set(Category.objects.filter(parent=None).values_list("slug", flat=True))
    assert slugs == {"nature", "rivers-lakes-2", "subject"}
    assert AuditEntry.objects.filter(verb="category.added").count() == 3


@pytest.mark.parametrize(
    "form", [{"name": ""}, {"name": "x" * 121}, {"name": "A", "parent": "99999"}, {"name": "a\x00b"}, {}]
)
def test_what_makes_no_subject_is_refused_with_a_word(admin: Client, form: dict[str, str]) -> None:
    answer = admin.post(PAGE, form)
    assert (answer.status_code, "There is a problem" in answer.text) == (422, True)
    assert not Category.objects.exists()


def test_names_in_languages_are_shown_and_found(admin: Client, nature: Category) -> None:
    topic = a_topic(an_agency(), category=nature)
    form = {"name": "Outdoors", "description": "", "name_fr": "Plein air", "description_fr": "Tout dehors."}
    assert "Saved" in said(admin, "staff-category", nature, form)
    nature.refresh_from_db()
    assert (nature.name, nature.translations["fr"]["name"]) == ("Outdoors", "Plein air")
    assert "ro" not in nature.translations
    assert list(topics_about("plein air")) == [topic]
    assert AuditEntry.objects.get(verb="category.described").after["name"] == "Outdoors"
    said(admin, "staff-category", nature, form | {"name_fr": "", "description_fr": ""})
    nature.refresh_from_db()
    assert nature.translations == {}


def test_a_subject_moves_with_all_that_is_in_it(admin: Client, nature: Category) -> None:
    rivers, outside = inside(nature, "Rivers"), Category.objects.create(slug="outside", name="Outside")
    assert "has a new place" in said(admin, "staff-category-move", nature, {"parent": outside.pk})
    rivers.refresh_from_db()
    assert rivers.parent is not None
    assert rivers.parent.parent == outside
    said(admin, "staff-category-move", rivers, {"parent": ""})
    rivers.refresh_from_db()
    assert rivers.parent is None


def test_a_subject_can_not_lie_in_itself(admin: Client, nature: Category) -> None:
    pools = inside(inside(nature, "Rivers"), "Pools")
    assert "lies in this subject" in said(admin, "staff-category-move", nature, {"parent": pools.pk})
    assert "lies in this subject" in said(admin, "staff-category-move", nature, {"parent": nature.pk})
    nature.refresh_from_db()
    assert nature.parent is None


def test_the_tree_has_an_end(admin: Client, nature: Category) -> None:
    deepest = nature
    for level in range(5):
        deepest = inside(deepest, f"Level{level}")
    answer = admin.post(PAGE, {"name": "Deeper", "parent": deepest.pk})
    assert "Choose a place higher up" in answer.text
    other = inside(Category.objects.create(slug="other", name="Other"), "Pair").parent
    assert other is not None
    assert "Choose a place higher up" in said(admin, "staff-category-move", other, {"parent": deepest.parent_id})


def test_neighbours_are_put_in_order(admin: Client, nature: Category) -> None:
    woods, rivers = inside(nature, "Woods"), inside(nature, "Rivers", 1)
    admin.post(PAGE, {"up": rivers.pk})
    assert list(nature.children.all()) == [rivers, woods]
    admin.post(PAGE, {"up": rivers.pk})
    assert list(nature.children.all()) == [rivers, woods]
    assert admin.post(PAGE, {"up": "9" * 30}).status_code == 404


def test_only_an_empty_subject_is_taken_out(admin: Client, nature: Category) -> None:
    rivers = inside(nature, "Rivers")
    topic = a_topic(an_agency(), category=rivers, is_public=False)
    assert "still holds 1 subject." in said(admin, "staff-category-delete", nature, {})
    assert "still holds 1 topic." in said(admin, "staff-category-delete", rivers, {})
    topic.category = None
    topic.save()
    assert "was taken out" in said(admin, "staff-category-delete", rivers, {})
    assert list(Category.objects.all()) == [nature]
    assert AuditEntry.objects.get(verb="category.deleted").before["slug"] == "rivers"
