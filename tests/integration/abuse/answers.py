"""What an answer tells whoever sends requests: all of it, but for what is new in every answer whoever asks."""

import re
from typing import Any

_VARIES = re.compile(rb'(name="(?:csrfmiddlewaretoken|started|seen)" value=")[^"]*|(nonce=")[^"]*')
_NONCE = re.compile(r"'nonce-[^']*'")
_CLOCKS = {"Date", "Expires", "Last-Modified", "Retry-After", "Content-Length"}  # the last by the clocks' digits
_WAIT = re.compile(rb"in \d+ minutes")


def told(answer: Any, *own: str) -> tuple[Any, ...]:
    """Status, headers, cookies and body; `own` are words that the visitor sent, which the page may repeat."""
    body = _VARIES.sub(lambda found: b"".join(part or b"" for part in found.groups()), answer.getvalue())
    body = _WAIT.sub(b"in some minutes", body)
    for word in own:
        body = body.replace(word.encode(), b"***")
    headers = sorted((name, _NONCE.sub("", value)) for name, value in answer.items() if name not in _CLOCKS)
    cookies = sorted(
        (name, sorted((key, value) for key, value in morsel.items() if key != "expires"))
        for name, morsel in answer.cookies.items()
    )
    return answer.status_code, headers, cookies, body
