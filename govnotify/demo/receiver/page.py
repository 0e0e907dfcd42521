"""The receiver's page of webhooks: endpoints and their counts, and the last events. No script."""

from collections import Counter
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from govnotify.demo.receiver.ledger import Event, Ledger, Verdict

STYLE = (Path(__file__).parent / "style.css").read_text()


def html(ledger: Ledger) -> str:
    """The whole page, newest events first."""
    endpoints = "".join(_endpoint(name, counts) for name, counts in sorted(ledger.counts.items()))
    events = "".join(_event(event) for event in reversed(ledger.events))
    return frame(
        "Received webhooks",
        f"""<p>Everything that the demo's endpoints were sent. Nothing left this machine. <a href="/">Load again</a> for
what has come since, or read the same as <a href="/status">JSON</a>. What its browsers were shown are the
<a href="/browsers/">notifications</a>.</p>
<h2 id="endpoints">Endpoints</h2>
{table("endpoints", _ENDPOINT_HEADS, endpoints) if endpoints else "<p>No endpoint was called yet.</p>"}
<h2 id="events">Last events</h2>
{table("events", _EVENT_HEADS, events) if events else "<p>No event yet.</p>"}""",
    )


def frame(title: str, main: str) -> str:
    """A page of the receiver's around this HTML."""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · demo receiver</title>
<link rel="stylesheet" href="/style.css"></head><body><main>
<h1>{title}</h1>
{main}
</main></body></html>"""


_COUNTED = {
    "Messages": Verdict.VERIFIED,
    "Duplicates": Verdict.DUPLICATE,
    "Challenges": Verdict.CHALLENGE,
    "Bad signatures": Verdict.BAD_SIGNATURE,
    "No secret known": Verdict.UNVERIFIABLE,
    "Not events": Verdict.NOT_AN_EVENT,
}
_ENDPOINT_HEADS = ("Endpoint", *_COUNTED)
_EVENT_HEADS = ("Time (UTC)", "Endpoint", "Type", "Result", "Message id")


def table(name: str, heads: tuple[str, ...], rows: str) -> str:
    """A table named by the heading `name`; it scrolls sideways on a phone, by keyboard too (WCAG 2.1.1)."""
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return f"""<div class="wide" role="region" aria-labelledby="{name}" tabindex="0">
<table aria-labelledby="{name}"><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div>"""


def _endpoint(name: str, counts: Counter[Verdict]) -> str:
    cells = "".join(f'<td class="number">{counts[verdict]}</td>' for verdict in _COUNTED.values())
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'


def _event(event: Event) -> str:
    at = datetime.fromtimestamp(event.at, UTC)
    time = f'<time datetime="{at.isoformat()}">{at:%H:%M:%S}.{at.microsecond // 1000:03}</time>'
    texts = (event.endpoint, event.kind or "(unreadable)", event.verdict, event.message_id or "(none)")
    return f"<tr><td>{time}</td>" + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>"
