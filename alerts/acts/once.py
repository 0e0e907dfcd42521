"""The same request sent again makes nothing new: one bulletin per key of an agency."""

import hashlib
from collections.abc import Callable

from django.db import connection, transaction

from agencies.models import Agency
from alerts.models import Bulletin, IdempotencyKey


class KeyReused(Exception):  # noqa: N818  named as what happened
    """The key came with another request before, which made the bulletin of this id."""

    def __init__(self, bulletin_id: int) -> None:
        super().__init__(f"the key was used for bulletin {bulletin_id}")
        self.bulletin_id = bulletin_id


@transaction.atomic
def once(*, agency: Agency, key: str, content: bytes, make: Callable[[], Bulletin]) -> tuple[Bulletin, bool]:
    """What `make` returns, or returned to the first request with this key; and whether it did so before.

    Everything is one transaction: of two requests at once the second waits for the first. `content` stands for the
    request; `key` has at most 255 characters, and "" is none. Raises KeyReused, and what `make` raises.
    """
    if not key:
        return make(), False
    _wait_for_turn(f"idempotency/{agency.pk}/{key}")
    digest = hashlib.sha256(content).hexdigest()
    used = IdempotencyKey.objects.filter(agency=agency, key=key).select_related("bulletin__agency").first()
    if used is None:
        bulletin = make()
        IdempotencyKey.objects.create(agency=agency, key=key, request_digest=digest, bulletin=bulletin)
        return bulletin, False
    if used.request_digest != digest:
        raise KeyReused(used.bulletin_id)
    return used.bulletin, True


def _wait_for_turn(name: str) -> None:
    """A lock on the name until the transaction ends; there is no row yet that could be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
