"""`manage.py publish FILE… [--dry-run]`: bulletins and CAP messages from files, one line of answer each."""

import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from alerts.cap.wording import one_line
from alerts.files.check import FileReport, check_file

LINE_CHARACTERS = 20_000


class Command(BaseCommand):
    """Exits with 0 when every file was accepted, 1 when one was refused, 2 when the command line is wrong."""

    help = "Publish bulletins (Markdown with front matter) and alerts (CAP 1.2) from files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Only check the files themselves; needs no server and no database.",
        )
        parser.add_argument("--as", dest="as_user", metavar="E-MAIL", help="The member of staff who publishes.")
        parser.add_argument("--agency", default="", metavar="SLUG", help="For whom a CAP message is published.")
        parser.add_argument(
            "--topic", action="append", default=[], metavar="SLUG", help="A topic of a CAP message; can be repeated."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        paths: list[Path] = options["files"]
        if options["dry_run"]:
            reports: Iterable[FileReport] = map(check_file, paths)
        elif options["as_user"]:
            from alerts.files.publishing import publish_files  # noqa: PLC0415 -- a dry run needs no models

            reports = publish_files(
                paths, as_user=options["as_user"], agency=options["agency"], topics=options["topic"]
            )
        else:
            raise CommandError("say who publishes with --as E-MAIL, or check only with --dry-run", returncode=2)
        self._answer(reports)

    def _answer(self, reports: Iterable[FileReport]) -> None:
        refused = total = 0
        for report in reports:
            total += 1
            refused += not report.ok
            self.stdout.write(line(report))
        if refused:
            raise CommandError(f"{refused} of {total} files refused", returncode=1)


def line(report: FileReport) -> str:
    """`ok  PATH  (warnings: …; …)` or `refused  PATH  …; …`, one line whatever path and reasons hold."""
    path = os.fsencode(report.path).decode("utf-8", "backslashreplace")
    parts = ["ok" if report.ok else "refused", path]
    if report.warnings:
        parts.append(f"(warnings: {'; '.join(report.warnings)})")
    if report.reasons:
        parts.append("; ".join(report.reasons))
    return "  ".join(one_line(part, LINE_CHARACTERS) for part in parts)
