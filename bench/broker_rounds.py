"""The rounds of the brokers' benchmark, run inside Django."""

import statistics
import time

import django

django.setup()

from celery import current_app  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from agencies.models import Agency, Membership, Role, User  # noqa: E402
from alerts.acts.drafting import VariantText, create_bulletin  # noqa: E402
from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from alerts.reports import progress  # noqa: E402
from bench.servers import Servers  # noqa: E402
from govnotify.lib.queues import TASK, Queue  # noqa: E402
from subscriptions.address_key import address_key  # noqa: E402
from subscriptions.models import Frequency, Subscriber, Subscription, Topic  # noqa: E402

PEOPLE = 10
WARM_UP = 3  # rounds that are not counted: connections are opened, templates are read
PAUSE = 0.5  # seconds, so that the worker is idle
PATIENCE = 30.0


def measure(servers: Servers, sink_port: int, rounds: int) -> dict[str, object]:
    call_command("migrate", verbosity=0)
    topic, publisher = _people()
    servers.start_workers(sink_port)
    times = [_round(topic, publisher, number) for number in range(WARM_UP + rounds)][WARM_UP:]
    hints = [_hint() for _ in range(WARM_UP + rounds)][WARM_UP:]
    return {
        "rounds": rounds,
        "publish_to_first_ms": {"median": statistics.median(times), "p95": _p95(times)},
        "hint_ms": {"median": round(statistics.median(hints), 2), "p95": round(_p95(hints), 2)},
    }


def _round(topic: Topic, publisher: User, number: int) -> int:
    """Milliseconds from publishing to the first accepted message."""
    text = VariantText("en", f"Report {number}", "The river has risen.")
    bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=[text], author=publisher)
    dispatch = publish_bulletin(bulletin=bulletin, publisher=publisher)
    end = time.monotonic() + PATIENCE
    while progress(dispatch).sent < PEOPLE:
        if time.monotonic() > end:
            raise RuntimeError(f"round {number} was not sent within {PATIENCE:.0f} s")
        time.sleep(0.05)
    time.sleep(PAUSE)
    first = progress(Dispatch.objects.get(pk=dispatch.pk)).first_ms
    assert first is not None  # noqa: S101  it has been sent
    return first


def _hint() -> float:
    """Milliseconds that one hint takes to be with the broker; RabbitMQ confirms it."""
    started = time.monotonic()
    current_app.send_task(TASK, args=[Queue.DIGEST.value], queue=Queue.DIGEST.value, retry=False, ignore_result=True)
    return (time.monotonic() - started) * 1_000


def _p95(values: list[int] | list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _people() -> tuple[Topic, User]:
    agency = Agency.objects.create(
        slug="water", name="Water Office", from_address="news@water.example", reply_address="desk@water.example",
        postal_address="1 Quay, Arnhill",
    )  # fmt: skip
    topic = Topic.objects.create(agency=agency, slug="river", name="River Arn")
    publisher = User.objects.create_user("editor@water.example", name="Editor")
    Membership.objects.create(user=publisher, agency=agency, role=Role.PUBLISHER)
    now = timezone.now()
    for number in range(PEOPLE):
        email = f"person{number}@people.example"
        person = Subscriber.objects.create(
            email=email, address_key=address_key(email), status=Subscriber.Status.ACTIVE, confirmed_at=now
        )
        Subscription.objects.create(subscriber=person, topic=topic, frequency=Frequency.IMMEDIATE, started_at=now)
    return topic, publisher
