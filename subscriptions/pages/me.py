"""A subscriber's own page: topics and how often, language, stop, download, erase."""

from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from subscriptions.ending import Ended
from subscriptions.erasing import erase
from subscriptions.exporting import export
from subscriptions.managing import change_topics, end_everything, set_language
from subscriptions.models import Frequency, Subscriber, Topic
from subscriptions.pages import session
from subscriptions.pages.session import for_subscribers
from subscriptions.unsubscribing import undo, undo_token

STOP = "stop"  # beside the frequencies: end this topic
_PREFIX = "frequency-"


@never_cache
@require_safe
@for_subscribers
def me(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Everything that this person gets."""
    current = subscriber.subscriptions.current().select_related("topic__agency")
    context = {
        "subscriber": subscriber,
        "subscriptions": current.order_by("topic__agency__name", "topic__name"),
        "frequencies": Frequency.choices,
        "languages": settings.BULLETIN_LANGUAGES,
        "undo": session.undo_on_offer(request),
    }
    return render(request, "subscriptions/me.html", context)


@require_POST
@for_subscribers
def me_topics(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Change how often, stop some, add public topics; what is no topic or frequency is left out."""
    ended = change_topics(subscriber=subscriber, choices=_choices(request.POST, subscriber), page=request.path)
    _offer_undo(request, ended)
    messages.success(request, _("Your changes are saved."))
    return redirect("me")


@require_POST
@for_subscribers
def me_stop(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    _offer_undo(request, end_everything(subscriber=subscriber, page=request.path))
    return redirect("me")


@require_POST
@for_subscribers
def me_undo(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    try:
        undo(undo_token=session.undo_on_offer(request), subscriber_id=subscriber.pk, page=request.path)
    except BadSignature:
        messages.error(request, _("It is too late to undo this. Find the topics again to subscribe to them."))
    else:
        messages.success(request, _("It is as it was before."))
    session.remember_undo(request, "")
    return redirect("me")


@require_POST
@for_subscribers
def me_language(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    language = request.POST.get("language", "")
    if language in dict(settings.BULLETIN_LANGUAGES):
        set_language(subscriber=subscriber, language=language)
        messages.success(request, _("Your language is saved."))
    return redirect("me")


@never_cache
@require_safe
@for_subscribers
def me_download(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Everything held on this person, as a file."""
    response = JsonResponse(export(subscriber), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@require_POST
@for_subscribers
def me_erase(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    erase(subscribers=Subscriber.objects.filter(pk=subscriber.pk))
    session.sign_out(request)
    messages.success(request, _("Your address and everything that belonged to it are erased."))
    return redirect("home")


def _choices(form: QueryDict, subscriber: Subscriber) -> dict[Topic, Frequency | None]:
    asked = {name.removeprefix(_PREFIX): value for name, value in form.items() if name.startswith(_PREFIX)}
    ids = [int(topic_id) for topic_id in asked if topic_id.isascii() and topic_id.isdigit() and len(topic_id) < 19]
    has = subscriber.subscriptions.current().values("topic")
    topics = Topic.objects.public().filter(pk__in=ids) | Topic.objects.filter(pk__in=ids).filter(pk__in=has)
    choices: dict[Topic, Frequency | None] = {}
    for topic in topics:
        value = asked[str(topic.pk)]
        if value == STOP:
            choices[topic] = None
        elif value in Frequency.values:
            choices[topic] = Frequency(value)
    return choices


def _offer_undo(request: HttpRequest, ended: Ended) -> None:
    session.remember_undo(request, undo_token(ended) if ended.topic_ids else "")
