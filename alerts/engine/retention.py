"""What housekeeping forgets: once a minute a slice of what has been kept for as long as we say that we keep it.

Nothing waits for it: a round is bounded, and where somebody else holds a row or a table, the next one does it.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from alerts.chores import claim
from alerts.partitions import drop, old_partitions
from govnotify.lib.database import unless_locked
from subscriptions.forgetting import forget_left, forget_unconfirmed
from subscriptions.moving_address import forget_former_addresses

logger = logging.getLogger(__name__)
EVERY = timedelta(minutes=1)
LOCK_WAIT = "500ms"  # below PostgreSQL's deadlock_timeout: where two wait for each other, it is this that gives way


def forget_when_due() -> None:
    """A slice of each kind of address, and one partition, by one of those who ask within a minute."""
    if not claim("retention", every=EVERY):
        return
    for forget in (forget_unconfirmed, forget_former_addresses, forget_left):
        if not unless_locked(forget, wait=LOCK_WAIT):
            logger.info("%s waits for the next round: somebody holds its rows", forget.__name__)
    _drop_a_partition()


def _drop_a_partition() -> None:
    old = old_partitions(timezone.now().date(), keep=settings.KEEP_MONTHS)
    for partition in old:
        if not partition.is_in_use:
            said = "dropped" if drop(partition) else "waits for the next round: somebody reads the table"
            logger.info("%s %s", partition.name, said)
            return
