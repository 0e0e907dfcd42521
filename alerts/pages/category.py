"""A subject's page: what lies in it, and its topics, to choose from."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from subscriptions.models import Topic, Tree
from subscriptions.pages.subscribe_form import chosen_topics

TOPICS_PER_PAGE = 30


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """The topics of the whole sub-tree. Topics that are ticked stay ticked."""
    public = Topic.objects.public()
    branch = Tree(public).branch(slug)
    if branch is None:
        raise Http404
    chosen = chosen_topics(request.GET)
    inside = [below.category.pk for below in branch.below()]
    topics = public.filter(category__in=inside).exclude(pk__in=[topic.pk for topic in chosen])
    page = Paginator(topics.select_related("agency").order_by("name", "pk"), TOPICS_PER_PAGE)
    context = {
        "category": branch.category,
        "branch": branch,
        "branches": [below for below in branch.branches if below.topics],
        "chosen": chosen,
        "page": page.get_page(request.GET.get("page")),
    }
    return render(request, "alerts/category.html", context)
