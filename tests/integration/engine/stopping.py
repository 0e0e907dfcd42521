"""What tests of stopping and correcting share: somebody acts while the mail server holds a certain message."""

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from alerts.engine.runtime import runtime
from alerts.models import Bulletin
from alerts.recipients import csv_lines
from govnotify.lib.queues import Queue
from subscriptions.models import Subscriber
from tests.engine import work_through
from tests.inbox import Inbox


def at_message(inbox: Inbox, number: int, act: Callable[[], object]) -> None:
    """Have `act` done, and committed, after so many mails; the mail server answers nobody meanwhile."""
    acted: list[str] = []

    def verdict(recipient: str) -> str:
        if len(inbox.mails) == number and not acted:
            acted.append(recipient)
            with ThreadPoolExecutor(max_workers=1) as pool:  # this thread has an event loop, and Django refuses it
                pool.submit(_closing_connections, act).result()
        return "250 2.0.0 Ok"

    inbox.verdict = verdict


def work_off(*queues: Queue) -> None:
    """Do the work of the queues until there is none, and nothing is with a slow server either."""
    work_through(*queues)
    while runtime().is_waiting:
        runtime().attend(1)
        work_through(*queues)


def told(bulletin: Bulletin, *results: str) -> set[str]:
    """Addresses of the people that the report names with one of these results."""
    rows = csv.DictReader(csv_lines(bulletin, addresses=True))
    return {row["address"] for row in rows if row["recipient"] == "subscriber" and row["result"] in results}


def everybody() -> set[str]:
    return set(Subscriber.objects.values_list("email", flat=True))


def _closing_connections(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connections.close_all()
