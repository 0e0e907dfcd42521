"""The page of what the demo's browsers were shown, as notifications look, newest first. No script."""

from datetime import UTC, datetime
from html import escape

from govnotify.demo.receiver.page import frame, table
from govnotify.demo.receiver.screens import Screen, Screens, Shown

_HEADS = ("Browser", "Notifications", "Shown again", "Refused")


def html(screens: Screens) -> str:
    """The whole page."""
    browsers = "".join(_browser(name, screen) for name, screen in sorted(screens.of.items()))
    shown = "".join(_shown(one) for one in reversed(screens.last))
    return frame(
        "Notifications in browsers",
        f"""<p>Everything that the demo's browsers were shown, decrypted as a browser does it. Nothing left this
machine. <a href="/browsers/">Load again</a> for what has come since, or look at the <a href="/">webhooks</a>.</p>
<h2 id="browsers">Browsers</h2>
{table("browsers", _HEADS, browsers) if browsers else "<p>No browser was told anything yet.</p>"}
<h2>Last notifications</h2>
{shown or "<p>None yet.</p>"}""",
    )


def _browser(name: str, screen: Screen) -> str:
    again = sum(len(times) - 1 for times in screen.shown.values())
    counts = (len(screen.shown), again, screen.refused.total())
    cells = "".join(f'<td class="number">{count}</td>' for count in counts)
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'


def _shown(one: Shown) -> str:
    at = datetime.fromtimestamp(one.at, UTC)
    marks = f'lang="{escape(one.lang)}" dir="{escape(one.dir or "auto")}"'
    kind = " shown--urgent" if one.urgent else ""
    meta = f'<time datetime="{at.isoformat()}">{at:%H:%M:%S}</time> UTC · {escape(one.browser)} · {escape(one.tag)}'
    return f"""<article class="shown{kind}"><h3 {marks}><a href="{escape(one.url)}">{escape(one.title)}</a></h3>
<p {marks}>{escape(one.body)}</p><p class="meta">{meta}{" · stays on the screen" if one.urgent else ""}</p></article>"""
