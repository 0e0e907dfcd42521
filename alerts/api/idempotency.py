"""The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header)."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework import status
from rest_framework.request import Request

from agencies.models import Agency
from alerts.acts.once import KeyReused
from alerts.acts.once import once as make_once
from alerts.models import Bulletin
from subscriptions.api.problems import Refused

HEADER = "Idempotency-Key"
LONGEST = 255


def key_of(request: Request) -> str:
    """The header's value, "" without one. Raises Refused."""
    key: str | None = request.headers.get(HEADER)
    if key is None:
        return ""
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        said = ngettext(
            "Send at most %(most)d printable ASCII character.",
            "Send at least one and at most %(most)d printable ASCII characters.",
            LONGEST,
        )
        raise Refused({HEADER: [said % {"most": LONGEST}]})
    return key


def once(*, agency: Agency, key: str, content: bytes, make: Callable[[], Bulletin]) -> tuple[Bulletin, bool]:
    """As `alerts.acts.once.once`; a key that came with another request is Refused (422)."""
    try:
        return make_once(agency=agency, key=key, content=content, make=make)
    except KeyReused as reused:
        text = _("“%(key)s” came with another request before, which made bulletin %(bulletin)d. Send a new key.")
        problem = text % {"key": key, "bulletin": reused.bulletin_id}
        raise Refused({HEADER: [problem]}, status.HTTP_422_UNPROCESSABLE_ENTITY) from reused
