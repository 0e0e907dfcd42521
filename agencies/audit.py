"""Writing to the audit trail, and sealing it.

A lane never waits for the chain: acts only insert a row; housekeeping seals what has been committed.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from agencies.models import Agency, ApiKey, AuditEntry, AuditSeal, User

# Ids are given before their transaction commits; a younger entry may still have an older id under way behind it.
SETTLED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: kind and id, never an address."""

    kind: AuditEntry.Actor
    id: int | None = None

    @classmethod
    def of(cls, who: User | ApiKey | None) -> "Actor":
        """The actor for a member of staff, a key, or (None) the system itself."""
        if isinstance(who, User):
            return cls(AuditEntry.Actor.USER, who.pk)
        if isinstance(who, ApiKey):
            return cls(AuditEntry.Actor.API_KEY, who.pk)
        return cls(AuditEntry.Actor.SYSTEM)


def record(
    *,
    actor: Actor,
    verb: str,
    target: models.Model,
    agency: Agency | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Append one act, in the caller's transaction: the act and its record commit together."""
    AuditEntry.objects.create(
        at=timezone.now(),
        actor=actor.kind,
        actor_id=actor.id,
        verb=verb,
        agency_id=agency.pk if agency else None,
        target=target._meta.model_name or "",
        target_id=target.pk,
        before=before or {},
        after=after or {},
    )


@transaction.atomic
def seal(*, limit: int = 10_000) -> int:
    """Add the next link to the hash chain; the number of entries that it covers."""
    last = AuditSeal.objects.select_for_update().order_by("-through_id").first()
    entries = list(
        AuditEntry.objects.filter(pk__gt=last.through_id if last else 0, at__lt=timezone.now() - SETTLED).order_by(
            "pk"
        )[:limit]
    )
    if entries:
        previous = last.digest if last else ""
        AuditSeal.objects.create(through_id=entries[-1].pk, previous=previous, digest=_digest(previous, entries))
    return len(entries)


@transaction.atomic  # a cursor lives in its transaction; outside of one a pooler between us and the server loses it
def first_broken_seal() -> AuditSeal | None:
    """The first link that no longer fits the entries it covers, or None when the trail is whole."""
    after, previous = 0, ""
    for link in AuditSeal.objects.order_by("through_id").iterator():
        entries = AuditEntry.objects.filter(pk__gt=after, pk__lte=link.through_id).order_by("pk")
        if link.previous != previous or link.digest != _digest(previous, list(entries)):
            return link
        after, previous = link.through_id, link.digest
    return None


def _digest(previous: str, entries: list[AuditEntry]) -> str:
    chain = hashlib.sha256(previous.encode())
    for entry in entries:
        row = [
            entry.pk, entry.at.isoformat(), entry.actor, entry.actor_id, entry.verb, entry.agency_id,
            entry.target, entry.target_id, entry.before, entry.after,
        ]  # fmt: skip
        chain.update(json.dumps(row, sort_keys=True, separators=(",", ":")).encode())
    return chain.hexdigest()
