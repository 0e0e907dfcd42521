"""`manage.py retention [--dry-run]`: drop the months of deliveries that have been kept for KEEP_MONTHS, and forget the
addresses that people left more than a week ago.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from alerts.partitions import drop, old_partitions
from subscriptions.moving_address import forget_former_addresses


class Command(BaseCommand):
    """A line for each partition that is old enough. It may run at any time, and again after it was interrupted."""

    help = "Drop the months of deliveries that are older than KEEP_MONTHS; forget addresses that people left."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be dropped.")

    def handle(self, *args: Any, **options: Any) -> None:
        for partition in old_partitions(timezone.now().date(), keep=settings.KEEP_MONTHS):
            if partition.is_in_use:
                self.stdout.write(f"{partition.name} stays: a dispatch of that month is not finished")
            elif options["dry_run"]:
                self.stdout.write(f"{partition.name} would be dropped")
            else:
                drop(partition)
                self.stdout.write(f"{partition.name} dropped")
        if not options["dry_run"] and (forgotten := forget_former_addresses()):
            self.stdout.write(f"forgot the old addresses of changes that can't be taken back any more: {forgotten}")
