"""`manage.py retention [--dry-run]`: do at once all that housekeeping forgets by and by (`alerts.engine.retention`)."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from alerts.partitions import drop, old_partitions
from subscriptions.forgetting import forget_left, forget_unconfirmed
from subscriptions.moving_address import forget_former_addresses


class Command(BaseCommand):
    """A line for each partition that is old enough. It may run at any time, and again after it was interrupted."""

    help = "Drop the months of deliveries older than KEEP_MONTHS; forget addresses that nobody needs any more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be dropped.")

    def handle(self, *args: Any, **options: Any) -> None:
        for partition in old_partitions(timezone.now().date(), keep=settings.KEEP_MONTHS):
            if partition.is_in_use:
                self.stdout.write(f"{partition.name} stays: a dispatch of that month is not finished")
            elif options["dry_run"]:
                self.stdout.write(f"{partition.name} would be dropped")
            elif drop(partition):
                self.stdout.write(f"{partition.name} dropped")
            else:
                self.stdout.write(f"{partition.name} stays: somebody reads the table; housekeeping tries every minute")
        if options["dry_run"]:
            return
        if unconfirmed := sum(iter(forget_unconfirmed, 0)):
            self.stdout.write(f"forgot sign-ups that nobody confirmed, and their addresses: {unconfirmed}")
        if forgotten := sum(iter(forget_former_addresses, 0)):
            self.stdout.write(f"forgot the old addresses of changes that can't be taken back any more: {forgotten}")
        if left := sum(iter(forget_left, 0)):
            self.stdout.write(f"forgot the addresses of people who left everything: {left}")
