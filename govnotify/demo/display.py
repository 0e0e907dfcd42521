"""What the demo shows: bars that move in a terminal, plain lines where the output goes elsewhere."""

import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from alerts.reports import Progress as Report

LINE_SECONDS = 0.5  # between two plain lines
LINE_COLUMNS = 76  # what name and words take, so that the bar is what gives way in a narrow terminal


class Display:
    """`with Display(console) as display:`, then `display.show({"Routine": report, …})` as often as you like."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._next_line = 0.0
        self._last: Mapping[str, Report] = {}

    def __enter__(self) -> "Display":
        if self._console.is_terminal:
            self._bars = Progress(
                TextColumn("{task.description:<9}"),
                BarColumn(bar_width=min(max(self._console.width - LINE_COLUMNS, 6), 40)),
                _Words(),
                console=self._console,
                auto_refresh=False,
            )
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._bars is not None:
            self._bars.stop()
        elif self._last:
            self._print(self._last)

    def show(self, reports: Mapping[str, Report]) -> None:
        self._last = reports
        if self._bars is not None:
            self._move(self._bars, reports)
        elif time.monotonic() > self._next_line:
            self._print(reports)
            self._next_line = time.monotonic() + LINE_SECONDS

    def _move(self, bars: Progress, reports: Mapping[str, Report]) -> None:
        for name, report in reports.items():
            if name not in self._tasks:
                self._tasks[name] = bars.add_task(name)
            settled = report.recipients - report.pending - report.deferred
            bars.update(
                self._tasks[name],
                total=report.recipients if report.expanded else None,  # a bar that swings until the audience is known
                completed=settled,
                words=words(report),
            )
        bars.refresh()

    def _print(self, reports: Mapping[str, Report]) -> None:
        for name, report in reports.items():
            self._console.print(f"{name}: {words(report)}")


class _Words(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(task.fields.get("words", ""), no_wrap=True)


def words(report: Report) -> str:
    """One line on one dispatch, short enough to leave room for a bar in 80 columns."""
    of = f"{report.recipients:,}" if report.expanded else f"{report.recipients:,}+"
    parts = [f"{report.sent:,}/{of} sent", f"{report.failed:,} failed", f"{report.rate:,.0f}/s"]
    if report.deferred:
        parts.insert(2, f"{report.deferred:,} to retry")
    if report.first_ms is not None:
        parts.append(f"first {report.first_ms} ms")
    if report.finished:
        parts.append(f"in {report.seconds:.1f} s")
    elif report.seconds_left is not None:
        parts.append(f"{report.seconds_left:.0f} s left")
    return " · ".join(parts)
