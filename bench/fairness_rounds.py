"""The rounds of the benchmark of fairness, run inside Django."""

import os
import time
from collections.abc import Callable
from itertools import count

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from agencies.models import User  # noqa: E402
from alerts.acts.destinations import set_destination  # noqa: E402
from alerts.acts.drafting import VariantText, create_bulletin  # noqa: E402
from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.lanes import Lane  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from alerts.reports import progress  # noqa: E402
from bench.people import a_topic, follow  # noqa: E402
from bench.servers import Servers, end_sink  # noqa: E402
from subscriptions.models import Topic  # noqa: E402

PATIENCE = 3_600.0  # seconds
EARLIEST, LATEST = 0.30, 0.60  # of the large bulletin accepted when the small one is published
STAMPED = "stamped.example"  # the sink keeps the times of recipients below it
LIMITED = f"limited.{STAMPED}"
LIMITED_EVERY = 20  # one in so many of the large bulletin's people is there
RATE = 200.0  # messages per second
BODY = "The river has risen by 12 cm since the last report, and it goes on rising. **No road is closed**.\n\n" * 20
Stamps = dict[str, float]


def measure(large: int, small: int, servers: Servers) -> dict[str, object]:
    """A round without limits, a round with a destination that both bulletins have people at."""
    call_command("migrate", verbosity=0)
    numbers = count(1)
    many = _topic(
        "ministry", lambda number: LIMITED if number % LIMITED_EVERY == 0 else "people.example", large, numbers
    )
    alone, beside = (_topic(name, lambda _: f"small.{STAMPED}", small, numbers) for name in ("alone", "beside"))
    apart = _round(servers, many, alone, beside)
    set_destination(name="limited", domains=[LIMITED], rates={Lane.ROUTINE: RATE})
    alone, beside = (_topic(name, lambda _: LIMITED, small, numbers) for name in ("alone-limited", "beside-limited"))
    shared = _round(servers, many, alone, beside)
    return {
        "large": large,
        "small": small,
        **_without_stamps(apart),
        "limited": {
            "rate": RATE,
            "recipients": large // LIMITED_EVERY,
            **_without_stamps(shared),
            "kept": _kept(shared),
        },
        "load_average": os.getloadavg()[0],
    }


def _round(servers: Servers, many: Topic, alone: Topic, beside: Topic) -> dict[str, object]:
    """The small bulletin alone; the large one, and the small one beside it, until all are finished."""
    sink, port, report = servers.own_sink(STAMPED)
    servers.start_platform(port)
    alone_at, first = _published(alone)
    _wait(lambda: progress(first).finished)
    size = many.subscriptions.count()
    _, large = _published(many)
    _wait(lambda: progress(large).sent >= EARLIEST * size)
    share = progress(large).sent / size
    beside_at, second = _published(beside)
    _wait(lambda: progress(second).finished and progress(large).finished)
    seconds = progress(large).seconds
    servers.stop_children()
    counted = end_sink(sink, report)
    expected = size + progress(first).recipients + progress(second).recipients
    if not EARLIEST <= share <= LATEST:
        raise RuntimeError(f"the small bulletin was published when {share:.0%} of the large one were accepted")
    stamps: Stamps = counted["stamps"]  # type: ignore[assignment]
    alone_ms, beside_ms = (_times(stamps, topic, at) for topic, at in ((alone, alone_at), (beside, beside_at)))
    return {
        "small_first_ms": beside_ms[0],
        "small_last_ms": beside_ms[1],
        "alone_first_ms": alone_ms[0],
        "alone_last_ms": alone_ms[1],
        "missing": expected - int(counted["unique_recipients"]),
        "duplicates": counted["duplicates"],
        "percent_at_publish": round(100 * share, 1),
        "seconds": round(seconds, 1),
        "stamps": stamps,
    }


def _kept(measured: dict[str, object]) -> dict[str, float]:
    """How the destination's rate was kept, from the first of the large bulletin's people there to the last."""
    stamps: Stamps = measured["stamps"]  # type: ignore[assignment]
    times = sorted(at for address, at in stamps.items() if address.endswith(f"@{LIMITED}"))
    return {
        "mean": round((len(times) - 1) / (times[-1] - times[0]), 1),
        "most_in_1_s": _most_within(times, 1.0),
        "most_in_10_s": _most_within(times, 10.0),
    }


def _most_within(times: list[float], seconds: float) -> int:
    most, begin = 0, 0
    for end, at in enumerate(times):
        while times[begin] <= at - seconds:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def _times(stamps: Stamps, topic: Topic, published_at: float) -> tuple[int, int]:
    """Milliseconds from publishing to the acceptance of the first and of the last."""
    people = topic.subscriptions.values_list("subscriber__email", flat=True)
    times = sorted(stamps[email] for email in people)
    return round((times[0] - published_at) * 1000), round((times[-1] - published_at) * 1000)


def _without_stamps(measured: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in measured.items() if name != "stamps"}


def _published(topic: Topic) -> tuple[float, Dispatch]:
    """Publish a bulletin on the topic; when that was called for, and its dispatch."""
    editor = User.objects.get(email=f"editor@{topic.agency.slug}.example")
    text = VariantText(language="en", title="Water level of the river Arn", body=BODY)
    bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=[text], author=editor)
    at = time.time()
    return at, publish_bulletin(bulletin=bulletin, publisher=editor)


def _topic(slug: str, domain_of: Callable[[int], str], people: int, numbers: "count[int]") -> Topic:
    """A topic of an agency of its own, with so many people."""
    topic, _ = a_topic(slug)
    ids = [next(numbers) for _ in range(people)]
    follow(topic, ((number, f"person{number}@{domain_of(number)}") for number in ids))
    return topic


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"not finished after {PATIENCE:.0f} s")
        time.sleep(0.1)
