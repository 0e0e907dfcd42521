"""What the peers' projects share: settings from the environment, the letter, the commands prepare, publish and send."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.core.signing import Signer

if TYPE_CHECKING:
    from django.core.mail import EmailMultiAlternatives

BATCH = 1_000  # rows at a time, so that no peer holds its whole audience in memory


def configure(*apps: str, **more: object) -> None:
    """Set Django up; call it before models are imported. `more` overrides settings."""
    settings.configure(
        SECRET_KEY="of a benchmark",  # noqa: S106  it signs nothing that anybody else sees
        INSTALLED_APPS=["bench.peers.newsletter", *apps],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": os.environ["PEER_DATABASE"],
                "USER": "postgres",
                "PASSWORD": os.environ["PEER_PASSWORD"],
                "HOST": "127.0.0.1",
                "PORT": os.environ["PEER_PORT"],
                "CONN_MAX_AGE": None,
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(os.environ["PEER_SMTP_PORT"]),
        USE_TZ=True,
        **more,
    )
    django.setup()


def run(*, publish: Callable[[], None], send: Callable[[], None]) -> None:
    """The project's commands: prepare N, publish, send."""
    match sys.argv[1:]:
        case ["prepare", people]:
            _prepare(int(people))
        case ["publish"]:
            publish()
        case ["send"]:
            send()
        case other:
            raise SystemExit(f"no command {other}: say prepare N, publish or send")


def letter(email: str) -> "EmailMultiAlternatives":
    """The newsletter to one person, with an unsubscribe link of their own in header, text and HTML."""
    from django.core.mail import EmailMultiAlternatives  # noqa: PLC0415  needs settings

    text, token = _text(), Signer().signature(email)
    mail = EmailMultiAlternatives(
        text["subject"],
        text["text"].replace(text["mark"], token),
        text["from"],
        [email],
        headers=headers(email),
    )
    mail.attach_alternative(text["html"].replace(text["mark"], token), "text/html")
    return mail


def headers(email: str) -> dict[str, str]:
    """RFC 8058's two: without them large receivers take no newsletter."""
    link = _text()["unsubscribe"].replace(_text()["mark"], Signer().signature(email))
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def subscribers_in_batches() -> Iterator[list[tuple[int, str]]]:
    """(id, address) of everybody, BATCH at a time."""
    from bench.peers.newsletter.models import Subscriber  # noqa: PLC0415  needs settings

    last = 0
    while rows := list(Subscriber.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "email")[:BATCH]):
        yield rows
        last = rows[-1][0]


@cache
def _text() -> dict[str, str]:
    text: dict[str, str] = json.loads(Path(os.environ["PEER_MESSAGE"]).read_text(encoding="utf-8"))
    return text


def _prepare(people: int) -> None:
    from django.core.management import call_command  # noqa: PLC0415  needs settings
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO newsletter_subscriber (email) "
            "SELECT 'person' || number || '@people.example' FROM generate_series(1, %s) AS number",
            [people],
        )
        cursor.execute("ANALYZE")
