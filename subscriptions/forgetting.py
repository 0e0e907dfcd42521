"""Forgetting addresses that nobody needs any more: typed and never confirmed, which robots do by the million, and those
of people who have left everything.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from subscriptions.address_rows import delete_stand_ins, stand_ins
from subscriptions.confirming import LINK_WORKS_FOR
from subscriptions.erasing import erase
from subscriptions.models import SignUp, Subscriber

KEPT_FOR = LINK_WORKS_FOR  # which the page behind the link promises
LEFT_KEPT_FOR = timedelta(days=28)  # after the last topic: until then a mail may be on its way, or somebody come back
SLICE = 1_000  # rows at a time, and so locked at a time


@transaction.atomic
def forget_unconfirmed() -> int:
    """Delete a slice of the sign-ups that can't be confirmed any more, and one of the addresses that wait for nothing
    else; how many rows. Whoever is being changed this moment is left for the next time.
    """
    over = timezone.now() - KEPT_FOR
    sign_ups = SignUp.objects.filter(confirmed_at=None, created_at__lt=over)
    asked, _ = SignUp.objects.filter(pk__in=_slice(sign_ups, "created_at")).delete()
    waits = Q(outbox__created_at__gt=over)  # for a change of address, say
    old = stand_ins(Q(created_at__lt=over)).exclude(waits)
    return asked + delete_stand_ins(Q(pk__in=_slice(old, "created_at")) & ~waits)


@transaction.atomic
def forget_left() -> int:
    """Erase a slice of those who left everything longer ago than that, and have asked for nothing since; how many."""
    waits = Q(endpoints__isnull=False) | Q(pk__in=SignUp.objects.filter(confirmed_at=None).values("subscriber"))
    left = Subscriber.objects.filter(
        status=Subscriber.Status.ENDED,
        ended_at__lt=timezone.now() - LEFT_KEPT_FOR,
        joined_to=None,  # kept until the change of address can't be taken back: moving_address
    ).exclude(Q(email="") | waits)
    return erase(subscribers=left.filter(pk__in=_slice(left, "ended_at")))


def _slice(rows: QuerySet[Any], oldest: str) -> list[int]:
    """The ids of the first of them, now locked. The caller looks again: they may have changed until they were."""
    locked = rows.order_by(oldest).select_for_update(of=("self",), skip_locked=True)
    return list(locked.values_list("pk", flat=True)[:SLICE])
