"""We as a contestant: the routine lane with the platform's own processes. Run inside Django."""

import email
import email.policy
import json
import os
import time
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from agencies.models import User  # noqa: E402
from alerts.acts.drafting import VariantText, create_bulletin  # noqa: E402
from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.engine.eligibility import Recipient  # noqa: E402
from alerts.engine.rendering import edition  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from bench.peers.contest import kill_all  # noqa: E402
from bench.people import a_topic, follow  # noqa: E402
from bench.servers import Servers, wait_for  # noqa: E402
from channels.message import Hole  # noqa: E402
from govnotify.embedded import Child  # noqa: E402
from govnotify.lib.queues import Queue  # noqa: E402
from govnotify.processes import beat, worker  # noqa: E402
from subscriptions.models import Topic  # noqa: E402

MARK = "UnsubscribeTokenOfOnePersonWithTheLengthOfOurs"
BODY = """The river has risen by 12 cm since the last report, and it goes on rising. **No road is closed** at present.

- Keep away from the banks, and keep children and animals in sight.
- Move what you keep in a cellar to a higher floor.
- Follow the warnings of the [water office](https://water.example/).

"""  # five times: the message has 8.4 KB, text and HTML together
PROCESSES = (worker(Queue.ROUTINE_WEBHOOK), worker(Queue.HOUSEKEEPING), beat(), worker(Queue.ROUTINE))


class Ours:
    """govnotify's routine lane: sender, webhook worker, housekeeping and beat, all of whose time counts."""

    name = "govnotify"
    version = "this checkout"
    runs_until_stopped = True

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.topic: Topic | None = None
        self.editor: User | None = None
        self.dispatch: Dispatch | None = None

    def prepare(self, smtp_port: int, people: int) -> None:
        if self.topic is None:
            call_command("migrate", verbosity=0)
            self.topic, self.editor = _people(people)
        self.smtp_port = smtp_port

    def publish(self) -> float:
        assert self.topic is not None and self.editor is not None  # noqa: S101, PT018  prepared
        before = time.process_time()
        text = VariantText(language="en", title="Water level of the river Arn", body=BODY * 5)
        bulletin = create_bulletin(agency=self.topic.agency, topics=[self.topic], variants=[text], author=self.editor)
        self.dispatch = publish_bulletin(bulletin=bulletin, publisher=self.editor)
        return time.process_time() - before

    def start_sender(self) -> list[Child]:
        """The lane's own worker last: it is ready when all are."""
        environment = {
            **os.environ,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "LOG_LEVEL": "INFO",
            "BEAT_SCHEDULE": str(self.servers.folder / "beat"),
        }
        started = []
        for process in PROCESSES:
            log = self.servers.folder / f"{process.name}.log"
            log.unlink(missing_ok=True)
            child = Child(process.name, process.command, log=log, env=environment)
            wait_for(lambda log=log: any(word in log.read_text() for word in (" ready.", "Starting...")), child)
            started.append(child)
        return started

    def kill(self, senders: list[Child]) -> None:
        kill_all(senders)

    def restart(self, senders: list[Child]) -> list[Child]:
        """As at first: leases end by themselves."""
        return self.start_sender()

    def sample(self, path: Path) -> None:
        """The message of the last bulletin, for the others to send: JSON with a mark where the person's token goes."""
        assert self.topic is not None and self.dispatch is not None  # noqa: S101, PT018  published
        someone = Recipient(1, "person1@people.example", "en", "", [self.topic.pk], 0, "")
        filled = edition(self.dispatch.pk).fill(
            someone,
            {Hole.ADDRESS: b"<person1@people.example>", Hole.MESSAGE_ID: b"1", Hole.TOKEN: MARK.encode()},
        )
        message = email.message_from_bytes(filled, policy=email.policy.default)
        parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
        text = {
            "mark": MARK,
            "subject": str(message["Subject"]),
            "from": str(message["From"]),
            "unsubscribe": str(message["List-Unsubscribe"]).strip("<>"),
            "text": parts["plain"].get_content() if parts["plain"] else "",
            "html": parts["html"].get_content() if parts["html"] else "",
        }
        path.write_text(json.dumps(text), encoding="utf-8")


def _people(recipients: int) -> tuple[Topic, User]:
    topic, editor = a_topic()
    follow(topic, ((number, f"person{number}@people.example") for number in range(1, recipients + 1)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return topic, editor
