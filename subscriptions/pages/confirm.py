"""The page behind a confirmation mail's link: shows what was asked for, and a button that confirms it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from channels.tokens import BadToken
from subscriptions.areas import areas_after, narrows
from subscriptions.confirming import ChoicesChanged, NothingLeft, chosen_topics, fingerprint, sign_up_of
from subscriptions.confirming import confirm as confirm_sign_up
from subscriptions.models import SignUp
from subscriptions.pages.trouble import link_trouble
from subscriptions.suggesting import suggestions_for


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The button confirms what the page showed and is still ticked: if more was asked for meanwhile, it comes again."""
    try:
        sign_up = sign_up_of(token)
    except (BadToken, SignUp.DoesNotExist) as error:
        return link_trouble(request, "confirm", error)
    if request.method == "POST":
        try:
            confirm_sign_up(sign_up=sign_up, seen=request.POST.get("seen", ""), without=_turned_down(request, sign_up))
        except ChoicesChanged:
            return _page(request, sign_up, token, status=409)
        except NothingLeft:
            return _page(request, sign_up, token, status=422)
        return redirect("confirm", token)
    return _page(request, sign_up, token)


def _turned_down(request: HttpRequest, sign_up: SignUp) -> list[int]:
    """The topics whose tick was taken away; where the page had no ticks, none."""
    if "choose" not in request.POST:
        return []
    kept = set(request.POST.getlist("keep"))
    return [int(topic) for topic in sign_up.choices if topic not in kept]


def _page(request: HttpRequest, sign_up: SignUp, token: str, *, status: int = 200) -> HttpResponse:
    topics = chosen_topics(sign_up)
    beside = [topic.pk for topic in topics]
    context = {
        "sign_up": sign_up,
        "topics": topics.items(),
        "suggestions": suggestions_for(sign_up.subscriber, beside=beside) if sign_up.confirmed_at else [],
        "token": token,
        "areas": areas_after(sign_up).order_by("name"),
        "narrows": narrows(sign_up),
        "seen": fingerprint(sign_up),
        "changed": status == 409,
        "nothing_left": status == 422,
    }
    return render(request, "subscriptions/confirm.html", context, status=status)
