"""Every refusal of the API as JSON: `{"errors": {"<field>": ["what is wrong, and the way out"]}}`.

What is about no field stands under "request"; what is about a header, under the header's name.
"""

import logging
import math
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework import exceptions, status
from rest_framework.response import Response

logger = logging.getLogger(__name__)

REQUEST = "request"
Errors = dict[str, list[str]]


class Refused(exceptions.APIException):
    """Answers 400 (or `status_code`) with these errors."""

    def __init__(self, errors: Errors, status_code: int = status.HTTP_400_BAD_REQUEST) -> None:
        super().__init__()
        self.errors = errors
        self.status_code = status_code


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The body is too large.")

    def __init__(self, limit: int) -> None:
        said = ngettext(
            "The body is too large: at most %(most)s byte is taken.",
            "The body is too large: at most %(most)s bytes are taken.",
            limit,
        )
        super().__init__(said % {"most": number_format(limit, force_grouping=True)})


def problem(error: Exception, context: dict[str, Any]) -> Response:
    """REST framework's exception handler for the API; what nobody foresaw is logged and is a 500."""
    if isinstance(error, Http404):
        error = exceptions.NotFound(*error.args)
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(*error.args)
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge(context["request"].parsers[0].limit)
    if not isinstance(error, exceptions.APIException):
        logger.error("%s failed", context["request"].path, exc_info=error)
        error = exceptions.APIException(_("Something went wrong on our side; send it again in a minute."))
    return Response({"errors": _errors(error)}, status=error.status_code, headers=_headers(error))


def _errors(error: exceptions.APIException) -> Errors:
    if isinstance(error, Refused):
        return error.errors
    if isinstance(error, exceptions.ValidationError):
        return dict(_flattened(error.detail, ""))
    if isinstance(error, exceptions.AuthenticationFailed | exceptions.NotAuthenticated):
        return {"Authorization": [_text(error)]}
    if isinstance(error, exceptions.UnsupportedMediaType):
        return {"Content-Type": [_text(error)]}
    return {REQUEST: [_text(error)]}


def _text(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.NotAuthenticated):
        return _("Send an API key in the header: Authorization: Bearer gnk_…")
    if wait := getattr(error, "wait", None):
        seconds: int = math.ceil(wait)
        said = ngettext(
            "Too many requests with this key: try again in %(seconds)d second.",
            "Too many requests with this key: try again in %(seconds)d seconds.",
            seconds,
        )
        return said % {"seconds": seconds}
    return f"{error.detail}"


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def _flattened(detail: Any, place: str) -> Iterator[tuple[str, list[str]]]:
    """`{"variants": [{}, {"title": ["…"]}]}` as `("variants.1.title", ["…"])`."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _flattened(inner, place if key == "non_field_errors" else f"{place}.{key}".lstrip("."))
    elif detail and all(isinstance(text, str) for text in detail):
        yield place or REQUEST, [str(text) for text in detail]
    else:
        for number, inner in enumerate(detail):
            yield from _flattened(inner, f"{place}.{number}".lstrip("."))
