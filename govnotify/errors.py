"""The pages for a request that makes no sense and for a fault of ours.

They are made without the request: sessions and messages are in the database, which may be what is broken.
"""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from govnotify.context import service


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(render_to_string("400.html", service(request)), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("500.html", service(request)), status=500)
