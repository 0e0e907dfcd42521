"""What every view of the API shares: an agency's key, JSON in and out, refusals as JSON."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from redis.exceptions import RedisError
from rest_framework import status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.api_keys import ApiKeyAuthentication, ApiKeyThrottle
from agencies.models import Agency, ApiKey
from subscriptions.api.bodies import BoundedBody, JsonBody
from subscriptions.api.problems import REQUEST, TooLarge, problem

logger = logging.getLogger(__name__)


class AgencyView(APIView):
    """A view that an agency's key opens. A body above its parsers' limit is refused before it is read."""

    authentication_classes = (ApiKeyAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated,)
    throttle_classes = (ApiKeyThrottle,)
    parser_classes: Sequence[type[BoundedBody]] = (JsonBody,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        limit = max(parser.limit for parser in self.parser_classes)
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > limit:
            raise TooLarge(limit)

    def check_throttles(self, request: Request) -> None:
        """The cache gone, everybody is let in: an alert must be drafted all the same."""
        try:
            super().check_throttles(request)
        except (RedisError, OSError) as error:
            logger.warning("requests are not counted, the cache does not answer: %s", error)

    def get_exception_handler(self) -> Callable[..., Response]:
        return problem

    @property
    def json(self) -> dict[str, Any]:
        """The body, where JsonBody has read it."""
        assert isinstance(self.request.data, dict)  # noqa: S101  JsonBody has seen to it
        return self.request.data

    @property
    def key(self) -> ApiKey:
        assert isinstance(self.request.auth, ApiKey)  # noqa: S101  permissions have seen to it; this tells the type
        return self.request.auth

    @property
    def agency(self) -> Agency:
        return self.key.agency


@csrf_exempt
def no_such_route(request: HttpRequest) -> JsonResponse:
    """The answer to every address below /api/ that is none."""
    text = _("There is nothing at %s; /developers/ lists what there is.") % request.path[:200]
    return JsonResponse({"errors": {REQUEST: [text]}}, status=status.HTTP_404_NOT_FOUND)
