"""The platform's routes, and addresses beside them at which something is wrong."""

from typing import NoReturn

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.csrf import csrf_failure

from govnotify import urls


def bad_request(request: HttpRequest) -> NoReturn:
    raise SuspiciousOperation("a request that makes no sense")


def not_allowed(request: HttpRequest) -> NoReturn:
    raise PermissionDenied


def too_old(request: HttpRequest) -> HttpResponse:
    return csrf_failure(request)


def our_fault(request: HttpRequest) -> NoReturn:
    raise RuntimeError("our own fault, on purpose")


urlpatterns = [
    path("400/", bad_request),
    path("403/", not_allowed),
    path("403/form/", too_old),
    path("500/", our_fault),
    *urls.urlpatterns,
]
handler400, handler500 = urls.handler400, urls.handler500
