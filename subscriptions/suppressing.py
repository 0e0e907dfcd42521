"""Keeping addresses from being written to, platform-wide."""

from collections.abc import Iterable

from django.utils import timezone

from subscriptions.models import Suppression


def suppress(*, address_keys: Iterable[bytes], reason: str, code: str = "") -> None:
    """Never write to these addresses until they subscribe and confirm anew; the first reason stands.

    `reason` is a Suppression.Reason, `code` what the mail system said, such as 5.1.1.
    """
    now = timezone.now()
    Suppression.objects.bulk_create(
        [
            Suppression(address_key=bytes(key), reason=Suppression.Reason(reason), code=code[:80], at=now)
            for key in address_keys
        ],
        ignore_conflicts=True,
    )
