"""A subscriber's own page: topics and how often, language, stop, erase. Each act says what it changed."""

from collections.abc import Iterator, Mapping

from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from govnotify.lib.languages import language_name
from govnotify.lib.page_language import remember
from subscriptions.ending import Ended
from subscriptions.erasing import erase
from subscriptions.managing import change_topics, end_everything, set_language
from subscriptions.models import Frequency, Subscriber, Topic
from subscriptions.pages import session
from subscriptions.pages.pause import PauseForm
from subscriptions.pages.session import for_subscribers
from subscriptions.pages.suggestions import network_sources
from subscriptions.pages.times import times_said
from subscriptions.suggesting import suggestions_for
from subscriptions.unsubscribing import undo, undo_token

STOP = "stop"  # beside the frequencies: end this topic
_PREFIX = "frequency-"
_MOST_SAID = 3  # changes that are told one by one


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
        "change": subscriber.address_changes.waiting().last(),
        "form": PauseForm(initial={"until": subscriber.paused_until if subscriber.is_paused else None}),
        "suggestions": suggestions_for(subscriber),
        "times": times_said(subscriber),
    }
    return render(request, "subscriptions/me.html", context)


@require_POST
@for_subscribers
def me_topics(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Change how often, stop some, add public topics; what is no topic or frequency is left out.

    `frequency-<id>` says how often, `stop` names one to end whatever else the form says of it.
    """
    choices = _choices(request.POST, subscriber)
    had = dict(subscriber.subscriptions.current().values_list("topic_id", "frequency"))
    sources = network_sources(request.POST, choices)
    ended = change_topics(subscriber=subscriber, choices=choices, page=request.path, sources=sources)
    _offer_undo(request, ended)
    changes = list(_said(choices, had))
    for sentence in changes[:_MOST_SAID]:
        messages.success(request, sentence)
    if len(changes) > _MOST_SAID:
        rest = len(changes) - _MOST_SAID
        messages.success(
            request,
            ngettext("%(number)d more change is saved.", "%(number)d more changes are saved.", rest) % {"number": rest},
        )
    if not changes:
        messages.info(request, _("Nothing has changed."))
    return redirect("me")


@require_POST
@for_subscribers
def me_stop(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    ended = end_everything(subscriber=subscriber, page=request.path)
    _offer_undo(request, ended)
    number = len(ended.topic_ids)
    said = ngettext("%(number)d topic is stopped.", "%(number)d topics are stopped.", number) % {"number": number}
    messages.success(request, said)
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
    response = redirect("me")
    if language in dict(settings.BULLETIN_LANGUAGES):
        set_language(subscriber=subscriber, language=language)
        remember(response, language)
        with translation.override(language):  # that of the page on which it is read
            named = {"language": language_name(language)}
            messages.success(request, _("We write to you in this language from now on: %(language)s.") % named)
    else:
        messages.error(request, _("Choose one of the languages."))
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
    asked |= dict.fromkeys(form.getlist(STOP), STOP)
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


def _said(choices: Mapping[Topic, Frequency | None], had: Mapping[int, str]) -> Iterator[str]:
    """A sentence for each topic that is not as it was."""
    for topic, frequency in choices.items():
        named = {"topic": topic.local_name, "frequency": frequency.label if frequency else ""}
        if frequency is None and topic.pk in had:
            yield _("You no longer get “%(topic)s”.") % named
        elif frequency is not None and topic.pk not in had:
            yield _("New: “%(topic)s” (%(frequency)s).") % named
        elif frequency is not None and had[topic.pk] != frequency:
            yield _now_comes(frequency) % named


def _now_comes(frequency: Frequency) -> str:
    return {
        Frequency.IMMEDIATE: _("“%(topic)s” now comes at once."),
        Frequency.DAILY: _("“%(topic)s” now comes once a day."),
        Frequency.WEEKLY: _("“%(topic)s” now comes once a week."),
    }[frequency]


def _offer_undo(request: HttpRequest, ended: Ended) -> None:
    session.remember_undo(request, undo_token(ended) if ended.topic_ids else "")
