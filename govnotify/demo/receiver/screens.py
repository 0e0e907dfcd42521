"""What each of the demo's browsers was shown: the demo's proof of its notifications."""

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT = 200  # notifications for the page


@dataclass(frozen=True, slots=True)
class Shown:
    """One notification. `at` is in seconds since the epoch, `urgent` one that stays until somebody looks at it."""

    at: float
    browser: str
    title: str
    body: str
    tag: str
    lang: str
    dir: str
    url: str
    urgent: bool


@dataclass(slots=True)
class Screen:
    """Of one browser: the times at which it was shown each tag, and how much was refused and why."""

    shown: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)


class Screens:
    def __init__(self) -> None:
        self.last: deque[Shown] = deque(maxlen=KEPT)
        self.of: dict[str, Screen] = {}

    def show(self, browser: str, said: Mapping[str, Any]) -> None:
        """Note what was decrypted, and whose sender was the one that the browser had allowed."""
        texts = {name: str(said.get(name, "")) for name in ("title", "body", "tag", "lang", "dir", "url")}
        shown = Shown(time.time(), browser, **texts, urgent=said.get("urgent") is True)
        self.last.append(shown)
        self._screen(browser).shown.setdefault(shown.tag, []).append(shown.at)

    def refuse(self, browser: str, why: str) -> None:
        self._screen(browser).refused[why] += 1

    def summary(self) -> dict[str, object]:
        return {
            name: {"shown": screen.shown, "refused": dict(screen.refused)} for name, screen in sorted(self.of.items())
        }

    def _screen(self, browser: str) -> Screen:
        return self.of.setdefault(browser, Screen())
