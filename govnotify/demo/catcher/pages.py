"""The catcher's pages: the list of mails, one mail, and a mail's HTML part in a sandbox."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from govnotify.demo.catcher.headers import readable
from govnotify.demo.catcher.store import Mail

PER_PAGE = 50
STYLE = (Path(__file__).parent / "style.css").read_text()
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


def list_page(mails: Sequence[Mail], *, to: str, page: int, kept: int) -> str:
    """One page of the list; `mails` may hold one more than fits, which tells that there is an older page."""
    items = "".join(_item(mail) for mail in mails[:PER_PAGE])
    empty = "No mail to this address yet." if to else "No mail yet. It appears here as soon as the platform sends some."
    links = [_page_link(to, page - 1, "Newer mails")] if page > 1 else []
    links += [_page_link(to, page + 1, "Older mails")] if len(mails) > PER_PAGE else []
    return _page(
        "Caught mails",
        f"""<h1>Caught mails</h1>
<p>Everything that the demo sent, newest first. Nothing left this machine. {kept:,} mails kept.</p>
<form method="get" action="/" role="search"><div><label for="to">To (part of the address)</label>
<input id="to" name="to" type="search" value="{escape(to)}" autocomplete="off"></div>
<button>Filter</button></form>
{f"<ol>{items}</ol>" if items else f"<p>{empty}</p>"}
<nav aria-label="Pages">{" · ".join(links)}</nav>""",
    )


def mail_page(mail: Mail, content: bytes) -> str:
    """One mail: its headers, its text part, and a frame with its HTML part."""
    message = parse(content)
    subject = readable(mail.subject) or "(no subject)"
    fields = "".join(f"<dt>{escape(name)}</dt><dd>{_linked(str(value))}</dd>" for name, value in message.items())
    envelope = f"<dt>Envelope from</dt><dd>{escape(mail.sender)}</dd>"
    envelope += f"<dt>Envelope to</dt><dd>{escape(', '.join(mail.recipients))}</dd>"
    text = part(message, "plain")
    frame = (
        f'<iframe src="/mails/{mail.number}/html" title="HTML part of the mail" sandbox="allow-popups'
        ' allow-popups-to-escape-sandbox"></iframe>'
    )
    return _page(
        subject,
        f"""<p><a href="/">All mails</a> · <a href="/mails/{mail.number}/source">Source</a></p>
<h1 dir="auto">{escape(subject)}</h1>
<h2>HTML part</h2>{frame if part(message, "html") is not None else "<p>None.</p>"}
<h2>Text part</h2>{"<p>None.</p>" if text is None else f'<pre dir="auto">{_linked(text)}</pre>'}
<h2>Headers</h2><dl>{envelope}{fields}</dl>""",
    )


def missing_page(words: str) -> str:
    """What there is instead of a mail that can't be shown."""
    return _page("Not here", f'<h1>Not here</h1><p>{escape(words)}</p><p><a href="/">All mails</a></p>')


def html_part(content: bytes) -> str | None:
    """The mail's own HTML, whose links open outside the frame; None where it has none."""
    html = part(parse(content), "html")
    if html is None:
        return None
    head = re.search(r"<head[^>]*>", html, re.IGNORECASE)
    place = head.end() if head else 0
    return f'{html[:place]}<base target="_blank">{html[place:]}'


def parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def part(message: EmailMessage, kind: str) -> str | None:
    """The text of the body part `kind` (plain or html), with whatever is not decodable replaced."""
    body = message.get_body((kind,))
    if body is None:
        return None
    octets = body.get_payload(decode=True)
    charset = body.get_content_charset("utf-8")
    try:
        return octets.decode(charset, "replace") if isinstance(octets, bytes) else None
    except LookupError:  # a charset that nobody knows
        return octets.decode("utf-8", "replace") if isinstance(octets, bytes) else None


def _item(mail: Mail) -> str:
    at = datetime.fromtimestamp(mail.at, UTC)
    subject = escape(readable(mail.subject) or "(no subject)")
    lane = f" · {escape(mail.lane)}" if mail.lane else ""
    return (
        f'<li><a href="/mails/{mail.number}" dir="auto">{subject}</a><br><span class="quiet">to '
        f"{escape(', '.join(mail.recipients))} · "
        f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M:%S} UTC</time>{lane}'
        f" · {mail.octets:,} octets</span></li>"
    )


def _page_link(to: str, page: int, text: str) -> str:
    return f'<a href="/?{escape(urlencode({"to": to, "page": page}))}">{text}</a>'


def _linked(text: str) -> str:
    """Escaped text with its web addresses made links."""
    pieces, at = [], 0
    for found in _ADDRESS.finditer(text):
        address = escape(found[0])
        pieces += [escape(text[at : found.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        at = found.end()
    return "".join([*pieces, escape(text[at:])])


def _page(title: str, body: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · mail catcher</title>
<link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,"></head>
<body><main>{body}</main></body></html>"""
