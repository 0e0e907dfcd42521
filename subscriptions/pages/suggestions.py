"""The buttons under what is suggested, and how a form says which of its topics were."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from channels.tokens import BadToken
from subscriptions.adding import add_to_own, add_to_sign_up
from subscriptions.confirming import sign_up_of
from subscriptions.models import SignUp, Source, Subscriber, Topic
from subscriptions.pages.session import for_subscribers
from subscriptions.pages.trouble import link_trouble
from subscriptions.suggesting import chosen_among, suggestions_for

FIELD = "suggested"  # slugs; a topic that was found in another way is named by `topic`
MOST = 50  # topics in one go
_PAGE = "/confirm/"  # in the records of consent: without the token, which names the person


def slugs_in(query: QueryDict, *names: str) -> list[str]:
    """The slugs that a query or a form has under these names, those of them that PostgreSQL can be asked for."""
    return [slug for name in names for slug in query.getlist(name) if "\x00" not in slug][:MOST]


def network_sources(form: QueryDict, topics: Iterable[Topic]) -> dict[int, int]:
    """The source of those of the topics that were suggested, by topic id."""
    slugs = set(form.getlist(FIELD))
    suggested = [topic.pk for topic in topics if topic.slug in slugs]
    return dict.fromkeys(suggested, Source.objects.at(Source.Kind.NETWORK).pk) if suggested else {}


@never_cache
@require_POST
def confirm_more(request: HttpRequest, token: str) -> HttpResponse:
    """Add to what was just confirmed, by the same link. It gives what its page suggests and nothing else."""
    try:
        sign_up = sign_up_of(token)
    except (BadToken, SignUp.DoesNotExist) as error:
        return link_trouble(request, "confirm", error)
    beside = [int(topic) for topic in sign_up.choices]
    offered = suggestions_for(sign_up.subscriber, beside=beside, most=MOST)
    ticked = chosen_among(offered, request.POST.getlist(FIELD))
    _say(request, ticked, add_to_sign_up(sign_up=sign_up, topics=ticked, page=_PAGE))
    return redirect("confirm", token)


@require_POST
@for_subscribers
def me_suggested(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Add public topics to one's own."""
    topics = list(Topic.objects.public().filter(slug__in=slugs_in(request.POST, FIELD)))
    add_to_own(subscriber=subscriber, topics=topics, page=request.path)
    _say(request, topics, topics)
    return redirect("me")


def _say(request: HttpRequest, ticked: list[Topic], added: list[Topic]) -> None:
    if not ticked:
        messages.info(request, _("Tick a topic first."))
    for topic in added:
        messages.success(request, _("New: “%s”.") % topic.local_name)
