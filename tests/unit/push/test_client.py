"""Messages posted to a real push service on loopback, which decrypts them, and every way in which it may fail."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from channels.https.guard import Guard
from channels.outcome import Outcome, Reason, Verdict
from channels.push.client import PushClient
from channels.push.health import ENOUGH
from channels.push.message import Push, Urgency
from channels.push.vapid import VapidKeys, new_key
from tests.push_service import DROP, GARBAGE, STALL, PushService, TestBrowser

VAPID = VapidKeys([new_key()], "mailto:operator@gov.example")
KEY_ID = VAPID.id_of(VAPID.public_key)


@contextmanager
def serving(folder: Path) -> Iterator[PushService]:
    with PushService(folder).serving() as service:
        yield service


def push(browser: TestBrowser, text: str = '{"title": "River rising"}', **changes) -> Push:
    values: dict[str, Any] = {"keys": browser.keys, "key_id": KEY_ID, "ttl": 60} | changes
    return Push(url=browser.url, payload=text.encode(), vapid=VAPID, **values)


def sent(service: PushService, messages: list[Push], **options) -> list[tuple[Push, Outcome]]:
    """The outcomes of one batch, in the order in which they came."""

    async def scenario() -> list[tuple[Push, Outcome]]:
        networks = options.pop("networks", [ip_network("127.0.0.0/8")])
        ports = options.pop("ports", {service.port})
        client = PushClient(Guard(networks, frozenset(ports)), ca_file=service.ca_file, **options)
        found: list[tuple[Push, Outcome]] = []
        try:
            await client.post_many(messages, lambda *result: found.append(result))
        finally:
            await client.close()
            await asyncio.sleep(0.1)  # TLS takes a moment to say goodbye
        return found

    return asyncio.run(scenario())


def outcome_of(folder: Path, answer: tuple[int, dict[str, str]] | str, **options) -> Outcome:
    with serving(folder) as service:
        browser = service.browser()
        browser.answers = [answer]
        [(_, outcome)] = sent(service, [push(browser)], **options)
    return outcome


def test_a_browser_gets_what_was_said_to_it(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        browsers = [service.browser(VAPID.public_key) for _ in range(30)]
        messages = [push(one, f'{{"title": "for {n}"}}') for n, one in enumerate(browsers)]
        results = sent(service, messages)

    assert [one.titles for one in browsers] == [[f"for {n}"] for n in range(30)]
    assert {outcome.verdict for _, outcome in results} == {Verdict.ACCEPTED}


def test_how_urgent_a_message_is_and_how_long_it_lives_stands_in_its_headers(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        browser = service.browser()
        sent(service, [push(browser, ttl=90, urgency=Urgency.HIGH, topic="d17"), push(browser)])

    urgent = next(message.headers for message in browser.messages if message.headers["urgency"] == "high")
    other = next(message.headers for message in browser.messages if message.headers["urgency"] == "normal")
    assert (urgent["ttl"], urgent["topic"]) == ("90", "d17")
    assert "topic" not in other


@pytest.mark.parametrize(
    ("answer", "verdict", "reason", "wait"),
    [
        ((202, {}), Verdict.ACCEPTED, Reason.NONE, None),
        ((404, {}), Verdict.PERMANENT, Reason.GONE, None),
        ((410, {}), Verdict.PERMANENT, Reason.GONE, None),
        ((413, {}), Verdict.TRANSIENT, Reason.REFUSED, None),
        ((429, {"retry-after": "40"}), Verdict.TRANSIENT, Reason.REFUSED, 40.0),
        ((429, {"retry-after": "soon"}), Verdict.TRANSIENT, Reason.REFUSED, None),
        ((500, {}), Verdict.TRANSIENT, Reason.REFUSED, None),
        ((503, {"retry-after": "7"}), Verdict.TRANSIENT, Reason.REFUSED, 7.0),
        ((307, {"location": "https://127.0.0.1/"}), Verdict.TRANSIENT, Reason.REFUSED, None),
        ((400, {}), Verdict.TRANSIENT, Reason.POLICY, None),
        ((401, {}), Verdict.TRANSIENT, Reason.POLICY, None),
        ((403, {}), Verdict.TRANSIENT, Reason.POLICY, None),
    ],
)
def test_what_a_push_service_answers(tmp_path: Path, answer, verdict: Verdict, reason: Reason, wait) -> None:
    outcome = outcome_of(tmp_path, answer)

    assert (outcome.verdict, outcome.reason, outcome.code) == (verdict, reason, str(answer[0]))
    assert outcome.retry_after == wait


@pytest.mark.parametrize("fault", [STALL, GARBAGE, DROP])
def test_no_answer_leaves_a_message_in_doubt(tmp_path: Path, fault: str) -> None:
    outcome = outcome_of(tmp_path, fault, total_timeout=0.3)

    assert (outcome.verdict, outcome.reason) == (Verdict.TRANSIENT, Reason.CONNECTION)
    assert outcome.in_doubt


def test_a_service_that_keeps_failing_is_spared_the_rest_and_others_are_not(tmp_path: Path) -> None:
    first = PushService(tmp_path)
    with first.serving() as sick, PushService(tmp_path, first.authority).serving() as well:
        failing, healthy = [sick.browser() for _ in range(200)], [well.browser() for _ in range(20)]
        for browser in failing:
            browser.answers = [(503, {"retry-after": "9"})] * 2
        results = sent(sick, [push(browser) for browser in [*failing, *healthy]], ports={sick.port, well.port})

    assert len(results) == 220
    assert Counter(outcome.verdict for _, outcome in results) == {Verdict.TRANSIENT: 200, Verdict.ACCEPTED: 20}
    assert all(one.titles == ["River rising"] for one in healthy)
    assert ENOUGH <= sick.asked < 150, "it was asked for every message, though it refused them all"
    assert {outcome.retry_after for _, outcome in results if not outcome.accepted} == {9.0}


def test_browsers_that_are_gone_say_nothing_about_their_service(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        gone, there = [service.browser() for _ in range(30)], service.browser()
        for browser in gone:
            browser.answers = [(410, {})]
        results = sent(service, [push(browser) for browser in [*gone, there]])

    assert Counter(outcome.reason for _, outcome in results) == {Reason.GONE: 30, Reason.NONE: 1}


def test_a_message_never_goes_to_our_own_inside(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        [(_, outcome)] = sent(service, [push(service.browser())], networks=[])

    assert (outcome.verdict, outcome.reason) == (Verdict.PERMANENT, Reason.FORBIDDEN_TARGET)
    assert service.asked == 0


def test_a_key_that_is_not_ours_any_more_calls_the_operator_and_sends_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        [(_, outcome)] = sent(service, [push(service.browser(), key_id="0" * 16)])

    assert (outcome.verdict, outcome.reason) == (Verdict.PERMANENT, Reason.POLICY)
    assert service.asked == 0


def test_a_topic_that_no_service_would_take_is_refused_at_once(tmp_path: Path) -> None:
    browser = TestBrowser("https://push.example/1")
    for topic in ("x" * 33, "a b", "é"):
        with pytest.raises(ValueError, match="topic"):
            push(browser, topic=topic)
    with pytest.raises(ValueError, match="can't live"):
        push(browser, ttl=-1)
