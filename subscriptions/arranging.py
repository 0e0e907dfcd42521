"""The tree of subjects: added to, moved, put in order, cleared of what is empty. Each change is in the audit trail."""

from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import ngettext

from agencies.audit import Actor, record
from subscriptions.models import Category

DEEPEST = 6  # levels; a tree that is deeper can't be browsed
SLUG_LENGTH = 70  # which leaves room for a number


class ArrangementRefused(Exception):  # noqa: N818  named as what happened
    """The tree can't be changed so; the message is for the administrator and says why."""


@transaction.atomic
def add_category(*, name: str, parent: Category | None, actor: Actor) -> Category:
    """A new subject, the last of its neighbours; its address is made from the name. Raises ValidationError."""
    tree = _locked()
    category = Category(name=name, parent=parent, slug=_free_slug(name), position=len(_inside(tree, parent)))
    category.clean_fields()
    if _depth(tree, parent) >= DEEPEST:
        raise _too_deep()
    category.save()
    record(
        actor=actor, verb="category.added", target=category, after={"slug": category.slug, "parent": category.parent_id}
    )
    return category


@transaction.atomic
def move_category(*, category: Category, parent: Category | None, actor: Actor) -> None:
    """Put it, with all that lies in it, into another subject or, with None, to the top. Raises ArrangementRefused."""
    tree = _locked()
    now = next(one for one in tree if one.pk == category.pk)
    before, to = now.parent_id, parent.pk if parent else None
    if before == to:
        return
    now.parent = parent
    try:
        now.clean()
    except ValidationError as error:
        raise ArrangementRefused(" ".join(error.messages)) from error
    if _depth(tree, parent) + _height(tree, now) > DEEPEST:
        raise _too_deep()
    now.position = len(_inside(tree, parent))
    now.save(update_fields=["parent", "position"])
    record(actor=actor, verb="category.moved", target=now, before={"parent": before}, after={"parent": to})


@transaction.atomic
def move_category_up(*, category: Category, actor: Actor) -> None:
    """One place forward among its neighbours; the first one stays."""
    neighbours = [one for one in _locked() if one.parent_id == category.parent_id]
    before = [one.pk for one in neighbours]
    place = before.index(category.pk)
    if place == 0:
        return
    neighbours[place - 1 : place + 1] = neighbours[place], neighbours[place - 1]
    for position, one in enumerate(neighbours):
        one.position = position
    Category.objects.bulk_update(neighbours, ["position"])
    after = [one.pk for one in neighbours]
    record(actor=actor, verb="category.reordered", target=category, before={"order": before}, after={"order": after})


@transaction.atomic
def delete_category(*, category: Category, actor: Actor) -> None:
    """Take out a subject in which nothing lies. Raises ArrangementRefused for another."""
    _locked()
    topics, inside = category.topics.count(), category.children.count()
    if topics or inside:
        raise ArrangementRefused(" ".join(_what_it_holds(category, topics, inside)))
    before = {"slug": category.slug, "parent": category.parent_id}
    record(actor=actor, verb="category.deleted", target=category, before=before)
    category.delete()


def _what_it_holds(category: Category, topics: int, inside: int) -> Iterator[str]:
    if topics:
        said = ngettext(
            "“%(name)s” still holds %(number)d topic. Move it elsewhere first.",
            "“%(name)s” still holds %(number)d topics. Move them elsewhere first.",
            topics,
        )
        yield said % {"name": category.local_name, "number": topics}
    if inside:
        said = ngettext(
            "“%(name)s” still holds %(number)d subject. Move it elsewhere first.",
            "“%(name)s” still holds %(number)d subjects. Move them elsewhere first.",
            inside,
        )
        yield said % {"name": category.local_name, "number": inside}


def _too_deep() -> ArrangementRefused:
    said = ngettext(
        "Subjects lie in one another up to %(levels)d level deep. Choose a place higher up.",
        "Subjects lie in one another up to %(levels)d levels deep. Choose a place higher up.",
        DEEPEST,
    )
    return ArrangementRefused(said % {"levels": DEEPEST})


def _locked() -> list[Category]:
    """The whole tree in its order: two administrators at once change it one after the other, and make no circle."""
    return list(Category.objects.select_for_update().order_by("position", "name", "pk"))


def _inside(tree: Sequence[Category], parent: Category | None) -> list[Category]:
    return [one for one in tree if one.parent_id == (parent.pk if parent else None)]


def _depth(tree: Sequence[Category], category: Category | None) -> int:
    """At which level it lies: 0 for none at all, 1 for a root."""
    parents = {one.pk: one.parent_id for one in tree}
    level, above = 0, category.pk if category else None
    while above is not None:
        level, above = level + 1, parents.get(above)
    return level


def _height(tree: Sequence[Category], category: Category) -> int:
    """How many levels it takes with all that lies in it."""
    return 1 + max((_height(tree, one) for one in _inside(tree, category)), default=0)


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:SLUG_LENGTH].strip("-") or "subject"
    taken = set(Category.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)
