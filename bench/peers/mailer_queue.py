"""django-mailer: mails as rows, sent by its command over one connection."""

import os

from bench.peers.project import configure, letter, run, subscribers_in_batches

configure(
    "mailer",
    EMAIL_BACKEND="mailer.backend.DbBackend",
    MAILER_LOCK_PATH=os.environ["PEER_FOLDER"] + "/mailer",
)

from django.core.mail import get_connection  # noqa: E402
from django.core.management import call_command  # noqa: E402


def publish() -> None:
    """A mail for everybody, made in bulk."""
    for people in subscribers_in_batches():
        get_connection().send_messages([letter(email) for _, email in people])


def send() -> None:
    """Its command, as cron runs it."""
    call_command("send_mail")


if __name__ == "__main__":
    run(publish=publish, send=send)
