"""Several relays: what waits goes to the next one, what was answered stays answered."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from channels.outcome import ACCEPTED, Outcome, Reason, Verdict
from channels.smtp import Envelope, Relay, Relays, SmtpPool
from channels.smtp.limits import Bucket, Limits
from tests.unit.smtp.builders import (
    HURRIED,
    PATIENT,
    ListFeed,
    Runner,
    WindowFeed,
    both_loops,
    envelopes,
    relay_on,
    run_asyncio,
)
from tests.unit.smtp.scripted_server import HANG_UP, SILENCE, Script, answering, polite, scripted_server
from tests.unit.smtp.test_pool import unused_port

REFUSING = {
    "greets with 554": {"": "554 5.3.2 No service"},
    "greets with 421": {"": "421 4.3.2 Too busy" + HANG_UP},
    "hangs up": {"": HANG_UP},
    "refuses EHLO": {"EHLO": "421 4.7.0 Not you" + HANG_UP},
    "dies at the first message": {"MAIL": HANG_UP},
}


def relays(*ports: int, connections: int = 2, **settings: object) -> Relays:
    return Relays([SmtpPool(relay_on(port, **settings), connections=connections, timeouts=PATIENT) for port in ports])


@both_loops
@pytest.mark.parametrize("how", REFUSING)
def test_what_a_relay_does_not_take_goes_to_the_next(run: Runner, how: str) -> None:
    async def test() -> None:
        async with scripted_server(answering(REFUSING[how])) as bad, scripted_server() as good:
            route = relays(bad.port, good.port)
            feed = ListFeed(envelopes(40))
            await (await route.send(feed))
            await route.close()
        assert feed.verdicts() == dict.fromkeys(range(40), (Verdict.ACCEPTED, Reason.NONE))
        assert sorted(good.recipients) == sorted(item.recipient for item in envelopes(40))
        assert bad.mails == []

    run(test())


def test_refused_credentials_are_a_reason_to_go_on_with_the_next() -> None:
    async def test() -> None:
        offers = ("PIPELINING", "AUTH PLAIN")
        wrong = answering({"AUTH": "535 5.7.8 Wrong"}, offers)
        async with scripted_server(wrong) as bad, scripted_server() as good:
            first = SmtpPool(relay_on(bad.port, username="me", password="secret"), timeouts=PATIENT)
            route = Relays([first, SmtpPool(relay_on(good.port), timeouts=PATIENT)])
            feed = ListFeed(envelopes(5))
            await route.send(feed)
            await route.close()
        assert set(feed.outcomes.values()) == {ACCEPTED}

    run_asyncio(test())


@both_loops
def test_a_relay_that_dies_in_the_middle_is_replaced_and_nobody_gets_it_twice(run: Runner) -> None:
    """It takes ten on each of its first connections and none after that; content without a verdict is in doubt."""

    async def test() -> None:
        async with scripted_server(for_connection=dying_after(10)) as first, scripted_server() as second:
            route = relays(first.port, second.port)
            feed = ListFeed(envelopes(100))
            await route.send(feed)
            await route.close()
        accepted = {f"citizen{key}@example.com" for key, outcome in feed.outcomes.items() if outcome.accepted}
        everybody = first.recipients + second.recipients
        assert len(everybody) == len(set(everybody))
        assert accepted == set(everybody)
        assert {outcome.in_doubt for outcome in feed.outcomes.values() if not outcome.accepted} == {True}
        assert len(second.mails) > 0

    run(test())


def dying_after(count: int):
    def for_connection(number: int) -> Script:
        if number > 2:
            return answering({"": HANG_UP})
        seen = [0]

        def script(command: str) -> str:
            seen[0] += command == "."
            return HANG_UP if seen[0] > count else polite(command)

        return script

    return for_connection


@pytest.mark.parametrize("answer", ["451 4.7.1 Greylisted", "550 5.1.1 Nobody"])
def test_an_answer_to_one_message_is_no_reason_to_leave_the_relay(answer: str) -> None:
    async def test() -> None:
        async with scripted_server(answering({"RCPT": answer})) as first, scripted_server() as second:
            route = relays(first.port, second.port)
            feed = ListFeed(envelopes(30))
            await route.send(feed)
            await route.close()
        assert not any(outcome.accepted for outcome in feed.outcomes.values())
        assert len(feed.outcomes) == 30
        assert second.dialogues == []

    run_asyncio(test())


def test_with_all_relays_away_everything_gets_the_last_ones_reason() -> None:
    async def test() -> None:
        ports = unused_port(), unused_port()
        route = relays(*ports)
        feed = ListFeed(envelopes(50))
        assert (await route.send(feed)).done()
        assert feed.verdicts() == dict.fromkeys(range(50), (Verdict.TRANSIENT, Reason.CONNECTION))
        assert str(ports[1]) in feed.outcomes[0].detail
        await route.close()

    run_asyncio(test())


def test_with_all_relays_away_a_window_does_not_hold_the_rest_back() -> None:
    async def test() -> None:
        route = relays(unused_port(), unused_port())
        feed = WindowFeed(envelopes(30), route, window=4)
        await route.send(feed)
        await route.close()
        assert len(feed.outcomes) == 30

    run_asyncio(test())


@pytest.mark.parametrize(("back_off", "then"), [([60.0], (0, 2)), ([0.0], (1, 1))])
def test_a_relay_that_failed_rests_for_a_while(back_off: list[float], then: tuple[int, int]) -> None:
    async def test() -> None:
        port = unused_port()
        async with scripted_server() as second:
            pools = [SmtpPool(relay_on(port), timeouts=PATIENT), SmtpPool(relay_on(second.port), timeouts=PATIENT)]
            route = Relays(pools, back_off=back_off)
            await route.send(ListFeed(envelopes(1)))
            async with scripted_server(port=port) as first:
                await route.send(ListFeed(envelopes(1)))
                assert (len(first.mails), len(second.mails)) == then
                await route.close()

    run_asyncio(test())


def test_while_the_second_relay_is_away_the_resting_first_is_tried() -> None:
    async def test() -> None:
        port = unused_port()
        async with AsyncExitStack() as stack:
            second = await stack.enter_async_context(scripted_server())
            route = relays(port, second.port)
            await route.send(ListFeed(envelopes(1)))
            await stack.aclose()
            async with scripted_server(port=port) as first:
                feed = ListFeed(envelopes(3))
                await route.send(feed)
                await route.close()
            assert len(first.mails) == 3

    run_asyncio(test())


def test_cancelling_between_relays_records_nothing_more() -> None:
    async def test() -> None:
        async with scripted_server(answering({"": SILENCE})) as second:
            route = relays(unused_port(), second.port)
            feed = ListFeed(envelopes(3))
            sending = asyncio.create_task(route.send(feed))
            while not second.dialogues:  # noqa: ASYNC110
                await asyncio.sleep(0)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert feed.outcomes == {}
            await route.close()

    run_asyncio(test())


def test_a_feeds_error_comes_out_whichever_relay_is_at_work() -> None:
    class Faulty(ListFeed):
        def record(self, envelope: Envelope, outcome: Outcome) -> None:
            raise LookupError("no such row")

    async def test() -> None:
        async with scripted_server() as second:
            route = relays(unused_port(), second.port)
            with pytest.raises(LookupError):
                await route.send(Faulty(envelopes(3)))
            await route.send(ListFeed(envelopes(1)))
            await route.close()

    run_asyncio(test())


def test_relays_send_one_feed_at_a_time_and_there_must_be_one() -> None:
    async def test() -> None:
        async with scripted_server(answering({"": SILENCE})) as server:
            route = Relays([SmtpPool(relay_on(server.port), timeouts=HURRIED)])
            sending = asyncio.create_task(route.send(ListFeed(envelopes(1))))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="one send"):
                await route.send(ListFeed([]))
            await sending
            await route.close()

    run_asyncio(test())
    with pytest.raises(ValueError, match="at least one relay"):
        Relays([])


def test_a_relays_own_limits_come_first() -> None:
    async def test() -> None:
        async with scripted_server() as server:
            relay = Relay.from_url(f"smtp://127.0.0.1:{server.port}?connections=2&messages=3", ehlo_name="me.example")
            pool = SmtpPool(relay, connections=8, timeouts=PATIENT)
            feed = ListFeed(envelopes(20))
            await pool.send(feed)
            await pool.close()
        assert set(feed.outcomes.values()) == {ACCEPTED}
        assert len(server.dialogues) >= 7
        assert all(dialogue.count(".") <= 3 for dialogue in server.dialogues)

    run_asyncio(test())


@both_loops
def test_a_rate_lets_everything_through_and_never_more_than_it_says(run: Runner) -> None:
    async def test() -> None:
        rate = 100.0
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port, limits=Limits(rate=rate)), connections=3, timeouts=PATIENT)
            feed = ListFeed(envelopes(40))
            loop = asyncio.get_running_loop()
            began = loop.time()
            await pool.send(feed)
            await pool.close()
        assert set(feed.outcomes.values()) == {ACCEPTED}
        assert len(server.mails) <= rate * (loop.time() - began) + rate / 10  # more time on a slow machine allows more

    run(test())


def test_a_bucket_of_less_than_one_a_second_lets_one_through_at_a_time() -> None:
    bucket = Bucket(0.1)
    assert not bucket.is_empty
    bucket.spend()
    assert bucket.is_empty
    assert 9 < bucket.wait <= 10


@pytest.mark.parametrize("options", ["connections=0", "messages=-1", "rate=0", "rate=fast", "connections=1.5"])
def test_a_limit_that_lets_nothing_through_is_refused(options: str) -> None:
    with pytest.raises(ValueError, match=options.partition("=")[0]):
        Relay.from_url(f"smtp://relay.example?{options}")


def test_limits_are_read_from_the_url() -> None:
    relay = Relay.from_url("smtp://relay.example?connections=3&messages=100&rate=12.5")
    assert relay.limits == Limits(connections=3, messages=100, rate=12.5)
