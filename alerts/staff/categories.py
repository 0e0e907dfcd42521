"""The tree of subjects by which people browse topics: for who administers the platform."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from agencies.audit import Actor
from alerts.staff.access import person, staff_page
from alerts.staff.names import names_form
from subscriptions import arranging
from subscriptions.models import Branch, Category, Topic, Tree


class PlaceForm(forms.Form):
    """Where in the tree; without a choice at the top."""

    parent = forms.ChoiceField(label=gettext_lazy("Lies in"), required=False)

    def __init__(self, tree: Tree, data: object = None, *, moving: Category | None = None) -> None:
        super().__init__(data, initial={"parent": moving.parent_id if moving else ""})  # type: ignore[arg-type]
        branches = [branch for root in tree.roots for branch in root.below()]
        self._known = {str(branch.category.pk): branch.category for branch in branches}
        field = self.fields["parent"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  tells the type
        field.choices = [("", _("No other: it stands at the top")), *(_choice(branch) for branch in branches)]

    def chosen(self) -> Category | None:
        """What was chosen in a valid form."""
        return self._known.get(self.cleaned_data["parent"])


class NewCategoryForm(PlaceForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    field_order = ("name", "parent")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def categories(request: HttpRequest) -> HttpResponse:
    """All of them, and a form for a new one; the button `up` moves one forward among its neighbours."""
    _require_platform_admin(request)
    tree = _tree()
    form = NewCategoryForm(tree)
    if request.method == "POST":
        if (number := request.POST.get("up", "")).isdecimal():
            category = get_object_or_404(Category, pk=int(number[:18]))
            arranging.move_category_up(category=category, actor=Actor.of(person(request)))
            return redirect("staff-categories")
        form = NewCategoryForm(tree, request.POST)
        if _added(request, form):
            return redirect("staff-categories")
    context = {"roots": tree.roots, "form": form}
    return render(request, "staff/categories.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def category(request: HttpRequest, pk: int) -> HttpResponse:
    """Its names and descriptions; below them where it lies, and the way to take it out."""
    _require_platform_admin(request)
    found = get_object_or_404(Category, pk=pk)
    form, saved = names_form(request, found, settings.LANGUAGE_CODE, None)
    if saved:
        return redirect("staff-categories")
    context = {"thing": found, "form": form, "place": PlaceForm(_tree(), moving=found)}
    return render(request, "staff/category.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page
def move_category(request: HttpRequest, pk: int) -> HttpResponse:
    """Into `parent`, or to the top."""
    _require_platform_admin(request)
    found = get_object_or_404(Category, pk=pk)
    form = PlaceForm(_tree(), request.POST, moving=found)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("staff-category", pk)
    try:
        arranging.move_category(category=found, parent=form.chosen(), actor=Actor.of(person(request)))
    except arranging.ArrangementRefused as refused:
        messages.error(request, str(refused))
        return redirect("staff-category", pk)
    messages.success(request, _("“%s” has a new place.") % found.local_name)
    return redirect("staff-categories")


@require_POST
@staff_page
def delete_category(request: HttpRequest, pk: int) -> HttpResponse:
    """An empty one is gone; any other stays, with the reason."""
    _require_platform_admin(request)
    found = get_object_or_404(Category, pk=pk)
    try:
        arranging.delete_category(category=found, actor=Actor.of(person(request)))
    except arranging.ArrangementRefused as refused:
        messages.error(request, str(refused))
        return redirect("staff-category", pk)
    messages.success(request, _("“%s” was taken out.") % found.local_name)
    return redirect("staff-categories")


def _added(request: HttpRequest, form: NewCategoryForm) -> bool:
    if not form.is_valid():
        return False
    name = form.cleaned_data["name"]
    try:
        arranging.add_category(name=name, parent=form.chosen(), actor=Actor.of(person(request)))
    except (ValidationError, arranging.ArrangementRefused) as refused:
        form.add_error(None, refused.messages if isinstance(refused, ValidationError) else str(refused))
        return False
    messages.success(request, _("“%s” was added. Give it its names in other languages.") % name)
    return True


def _tree() -> Tree:
    """With everything that is in it: internal and closed topics, too, keep a subject from being empty."""
    return Tree(Topic.objects.all())


def _choice(branch: Branch) -> tuple[str, str]:
    """Moved in as deep as it lies in the tree."""
    return str(branch.category.pk), "— " * len(branch.above()) + branch.category.local_name


def _require_platform_admin(request: HttpRequest) -> None:
    if not person(request).is_platform_admin:
        raise PermissionDenied(_("This is for who administers the whole platform."))
