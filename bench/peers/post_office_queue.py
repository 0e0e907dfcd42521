"""django-post-office: mails as rows, sent by its command. POST_OFFICE_TUNED=1: batches of 5000, a process per core."""

import os

from bench.peers.project import configure, headers, letter, run, subscribers_in_batches

TUNED = bool(os.environ.get("POST_OFFICE_TUNED"))
configure(
    "django.contrib.contenttypes",
    "post_office",
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
        {"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates", "NAME": "post_office"},
    ],
    POST_OFFICE={"LOCK_FILE_NAME": os.environ["PEER_FOLDER"] + "/post_office"}
    | ({"BATCH_SIZE": 5_000, "THREADS_PER_PROCESS": 10} if TUNED else {}),
)

from django.core.management import call_command  # noqa: E402
from post_office import mail  # type: ignore[import-not-found]  # noqa: E402  installed in the peers' environment


def publish() -> None:
    """A mail for everybody, made in bulk."""
    for people in subscribers_in_batches():
        mails = []
        for _, email in people:
            made = letter(email)
            mails.append(
                {
                    "recipients": [email],
                    "sender": made.from_email,
                    "subject": made.subject,
                    "message": made.body,
                    "html_message": made.alternatives[0][0],
                    "headers": headers(email),
                }
            )
        mail.send_many(mails)


def send() -> None:
    """Its command, as cron runs it."""
    call_command("send_queued_mail", processes=(os.cpu_count() or 1) if TUNED else 1, log_level=0)


if __name__ == "__main__":
    run(publish=publish, send=send)
