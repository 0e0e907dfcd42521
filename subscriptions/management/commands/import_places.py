"""`manage.py import_places FILE [--replace] [--dry-run]`: the register of places from CSV or GeoJSON."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from subscriptions.place_files import PlacesRefused, read_places
from subscriptions.place_importing import import_places


class Command(BaseCommand):
    """Exits with 0 when the file was taken, 1 when it was refused: then nothing of it was."""

    help = "Import places, in a hierarchy and with codes, from CSV or GeoJSON. Places are matched by their code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--scheme", default="", help="Whose codes they are, where the file does not say it.")
        parser.add_argument(
            "--replace", action="store_true", help="Close the places of the same schemes that are not in the file."
        )
        parser.add_argument("--dry-run", action="store_true", help="Check and count, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            rows = read_places(path, scheme=options["scheme"])
            done = import_places(rows, replace=options["replace"], dry_run=options["dry_run"])
        except PlacesRefused as refused:
            lines = "".join(f"\n  {reason}" for reason in refused.reasons)
            raise CommandError(f"{path}: refused, nothing was changed:{lines}", returncode=1) from refused
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}", returncode=1) from error
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{path}: {done.added:,} {would}added, {done.changed:,} {would}changed, {done.unchanged:,} as they were, "
            f"{done.closed:,} {would}closed"
        )
        if done.people or done.browsers:
            self.stdout.write(
                f"{done.people:,} people and {done.browsers:,} browsers had chosen a place that is closed: they "
                "count as living in what it lay in."
            )
