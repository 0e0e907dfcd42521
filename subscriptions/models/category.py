"""Subjects by which people browse topics: a tree, as an index of contents."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from govnotify.lib.translated import Translated

if TYPE_CHECKING:
    from subscriptions.models.topic import TopicQuerySet


class Category(Translated):
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text=_("Among its neighbours, the lowest first."))

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(name="category_not_in_itself", condition=~models.Q(parent=models.F("pk"))),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("category", args=[self.slug])

    def clean(self) -> None:
        """Raise ValidationError where the category would lie in itself."""
        above, seen = self.parent, set[int]()
        while above is not None and above.pk not in seen:
            if above.pk == self.pk:
                raise ValidationError({"parent": _("“%s” lies in this subject: choose another one.") % self.parent})
            seen.add(above.pk)
            above = above.parent


@dataclass(slots=True)
class Branch:
    """A category at its place in the tree; `topics` counts those of the whole sub-tree."""

    category: Category
    parent: "Branch | None"
    branches: list["Branch"] = field(default_factory=list)
    topics: int = 0

    def above(self) -> list["Branch"]:
        """From the root down to the one that this lies in."""
        return [*self.parent.above(), self.parent] if self.parent else []

    def below(self) -> Iterator["Branch"]:
        """Itself and everything in it, each before what lies in it."""
        yield self
        for branch in self.branches:
            yield from branch.below()


class Tree:
    """All categories with how many of the topics each has: two queries, whatever the size."""

    def __init__(self, topics: "TopicQuerySet") -> None:
        children: dict[int | None, list[Category]] = defaultdict(list)
        for category in Category.objects.all():
            children[category.parent_id].append(category)
        counted = topics.order_by().values("category").annotate(number=models.Count("*"))
        self._counts = {row["category"]: row["number"] for row in counted if row["category"] is not None}
        self.roots = self._grown(children, None)
        self._by_slug = {branch.category.slug: branch for root in self.roots for branch in root.below()}

    def branch(self, slug: str) -> Branch | None:
        return self._by_slug.get(slug)

    def filled(self) -> list[Branch]:
        """The roots that have topics."""
        return filled(self.roots)

    def _grown(self, children: dict[int | None, list[Category]], parent: Branch | None) -> list[Branch]:
        grown = []
        for category in children[parent.category.pk if parent else None]:
            branch = Branch(category, parent)
            branch.branches = self._grown(children, branch)
            branch.topics = self._counts.get(category.pk, 0) + sum(below.topics for below in branch.branches)
            grown.append(branch)
        return grown


def filled(branches: Iterable[Branch]) -> list[Branch]:
    """Those that have topics."""
    return [branch for branch in branches if branch.topics]
