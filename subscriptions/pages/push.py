"""Notifications in the browser: the page of what this browser follows, its service worker, and what both ask."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from channels.tokens import BadToken
from subscriptions.areas import set_browser_areas
from subscriptions.browser_identity import find
from subscriptions.browsers import confirm_browser, move_browser, tell_browser
from subscriptions.forgetting_browsers import stop_telling
from subscriptions.models import Browser, Place, Topic
from subscriptions.models.browser import EVERY_EMERGENCY
from subscriptions.pages.browser_questions import BadQuestion, Question, given, language, problem, question, text, texts
from subscriptions.pages.place_picker import FIND, PlaceLine, PlacePicker, with_surroundings
from subscriptions.pages.visitor import ip_of

WORKER = Path(settings.BASE_DIR) / "govnotify" / "static" / "govnotify" / "push-worker.js"


@never_cache
@require_safe
def push(request: HttpRequest) -> HttpResponse:
    """What this browser follows is known to the browser alone: its script asks for it."""
    return render(request, "subscriptions/push.html", {"has_places": Place.objects.open().exists()})


@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker at an address that never changes; browsers look for a new one at least once a day."""
    answer = HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@question
def tell(request: HttpRequest, asked: Question) -> HttpResponse:
    """Tell this browser about more; one that is new has to answer its welcome first: `waiting`."""
    slugs = texts(asked, "topics")
    topics = list(Topic.objects.public().filter(slug__in=slugs))
    browser = tell_browser(
        given=given(asked.get("subscription")),
        topics=topics,
        every_emergency=asked.get("emergencies") is True,
        language=language(asked),
        ip=ip_of(request),
        page=text(asked, "page")[:200],
    )
    return JsonResponse(_state(browser), status=202 if browser.status != Browser.Status.ACTIVE else 200)


@question
def state(_request: HttpRequest, asked: Question) -> HttpResponse:
    """What this browser follows."""
    return JsonResponse(_state(find(given(asked.get("subscription")))))


@question
def answer(request: HttpRequest, asked: Question) -> HttpResponse:
    """What the service worker posts back from its welcome."""
    try:
        browser = confirm_browser(token=text(asked, "token"), page=request.path)
    except BadToken:
        browser = None
    if browser is None:
        return problem(_("This welcome is too old, or was never ours. Turn notifications on again."), 404)
    return JsonResponse(_state(browser))


@question
def stop(request: HttpRequest, asked: Question) -> HttpResponse:
    """End one subscription, or all."""
    browser = find(given(asked.get("subscription")))
    if browser is None:
        return JsonResponse(_state(None))
    subject = asked.get("subject")
    if subject is not None and (not isinstance(subject, int) or not 0 <= subject < 2**63):
        raise BadQuestion
    left = stop_telling(browser=browser, subjects=None if subject is None else [subject], page=request.path)
    return JsonResponse(_state(browser if left else None))


@question
def move(request: HttpRequest, asked: Question) -> HttpResponse:
    """The browser's push service gave it another address (Push API, pushsubscriptionchange)."""
    browser = move_browser(old=given(asked.get("old")), new=given(asked.get("subscription")), ip=ip_of(request))
    return JsonResponse(_state(browser), status=202 if browser else 404)


@question
def places(_request: HttpRequest, asked: Question) -> HttpResponse:
    """Find places by `place`; without it, have this browser tell about those of `area` alone, or about every place."""
    browser = find(given(asked.get("subscription")))
    picker = PlacePicker.sent(_as_form(asked))
    if picker.searched:
        return JsonResponse({"found": _lines(picker.found_lines), "said": _what_was_found(picker)})
    if picker.problem:
        return problem(picker.problem, 422)
    if browser is None:
        return JsonResponse(_state(None))
    set_browser_areas(browser=browser, places=picker.chosen)
    said = _("Your places are saved.") if picker.chosen else _("You hear about every place now.")
    return JsonResponse(_state(browser) | {"said": said})


def _as_form(asked: Question) -> QueryDict:
    """As the form of people's places would be sent."""
    form = QueryDict(mutable=True)
    form.setlist("area", texts(asked, "area"))
    if "place" in asked:
        form.update({"place": text(asked, "place"), FIND: "1"})
    return form


def _what_was_found(picker: PlacePicker) -> str:
    if not picker.query:
        return _("Type the beginning of a name first.")
    if not picker.found:
        words = _("No other place begins with “%(words)s”. Try fewer letters, or a larger place near it.")
        return words % {"words": picker.query}
    return _("There are more: type more letters.") if picker.more else ""


def _lines(lines: Iterable[PlaceLine]) -> list[dict[str, str]]:
    return [
        {
            "code": line.place.code,
            "name": line.place.local_name,
            "more": _("no longer on the map") if line.place.closed_at else line.around or line.place.get_kind_display(),
        }
        for line in lines
    ]


def _state(browser: Browser | None) -> dict[str, object]:
    if browser is None:
        return {"status": "unknown", "follows": [], "places": []}
    follows: list[dict[str, object]] = []
    for row in browser.subscriptions.select_related("topic__agency").order_by("subject"):
        if row.topic is None:
            follows.append({"subject": EVERY_EMERGENCY, "name": _("Every emergency alert"), "more": ""})
        else:
            topic = row.topic
            follows.append({"subject": topic.pk, "name": topic.local_name, "more": topic.agency.local_name})
    return {
        "status": "active" if browser.status == Browser.Status.ACTIVE else "waiting",
        "follows": follows,
        "places": _lines(with_surroundings(browser.areas.order_by("name"))),
    }
