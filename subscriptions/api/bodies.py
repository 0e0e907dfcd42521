"""Request bodies, read only as far as their limit: JSON, and bytes left as they came."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from subscriptions.api.problems import REQUEST, Refused, TooLarge


class BoundedBody(BaseParser):
    """A parser that takes at most `limit` bytes into memory, unlike those of REST framework."""

    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


class JsonBody(BoundedBody):
    """A JSON object."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            data = json.loads(read_bounded(stream, self.limit), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:  # RecursionError: "[[[[…"
            raise Refused({REQUEST: [_("The body is no JSON that we can read: %s.") % error]}) from error
        if not isinstance(data, dict):
            raise Refused({REQUEST: [_("The body must be a JSON object, such as {“title”: …}.")]})
        return data


def read_bounded(stream: IO[bytes], limit: int) -> bytes:
    """What `stream` holds. Raises TooLarge, having read one byte more than `limit` at most."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(limit)
    return data


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
