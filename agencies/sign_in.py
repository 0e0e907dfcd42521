"""How staff sign in: django-allauth, with the public sign-up closed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation

from agencies.models import User
from govnotify.lib.page_language import remember


def closed(request: HttpRequest) -> HttpResponse:
    """For django-allauth's pages that we do not offer: a mail resets no password and no address."""
    raise Http404


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator, never by a visitor."""
        return False

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        """Their pages are in the language that they chose last, in whichever browser that was."""
        with translation.override(user.language or translation.get_language()):  # the greeting, too
            response: HttpResponse = super().post_login(request, user, **how)
        remember(response, user.language)
        return response
