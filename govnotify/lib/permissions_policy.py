"""The header Permissions-Policy on every answer: what no page of ours, and nothing framed in one, may ask a browser for
(https://www.w3.org/TR/permissions-policy-1/). Notifications are not among the features that it can name.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
HEADER = ", ".join(f"{feature}=()" for feature in FEATURES)


class PermissionsPolicy:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response["Permissions-Policy"] = HEADER
        return response
