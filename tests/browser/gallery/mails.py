"""Every kind of mail, as it arrives; in a database of its own, which is empty again afterwards."""

from collections.abc import Iterator
from typing import NamedTuple

from django.core.management import call_command
from django.test import override_settings

from alerts.engine.runtime import runtime
from tests.browser.gallery.kinds import LANGUAGES
from tests.browser.mails import Post
from tests.inbox import Inbox


class Html(NamedTuple):
    kind: str
    language: str
    html: str


def every_mail() -> Iterator[Html]:
    """In each of the languages."""
    for language in LANGUAGES:
        with Inbox() as inbox, override_settings(EMAIL_URL=inbox.url):
            mails = Post(inbox, language).send_all().mails
            runtime().close()
        call_command("flush", verbosity=0, interactive=False)
        yield from (Html(kind, language, mail.text("html")) for kind, mail in mails.items())
