"""The switch of languages at the foot of every page."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from agencies.models import User
from govnotify.lib.page_language import remember


# Without a token, as a page with one could not be kept by a cache. The browser says where the form stood.
@csrf_exempt
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember `language` in this browser, and for who is signed in; then back to `next`, an address of ours."""
    if not _is_from_here(request):
        return HttpResponseForbidden(_("Choose the language on one of our own pages."))
    asked, back = request.POST.get("language", ""), request.POST.get("next", "")
    response = HttpResponseRedirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/")
    remember(response, asked)
    if asked in dict(settings.LANGUAGES) and isinstance(request.user, User):
        User.objects.filter(pk=request.user.pk).update(language=asked)
    return response


def _is_from_here(request: HttpRequest) -> bool:
    """Browsers name the origin of every form that is sent by POST (Fetch, section 3.2), scripts need not."""
    origin = request.headers.get("Origin", "")
    return not origin or urlsplit(origin).netloc == request.get_host() or origin == settings.SITE_URL
