"""The pool's promises to its caller: windows, waking, connections kept and replaced, cancelling, giving up."""

import asyncio
import contextlib
import socket

import pytest

from channels.outcome import Outcome, Reason, Verdict
from channels.smtp import Envelope, Relay, SmtpPool
from channels.smtp.connection import Connection
from channels.smtp.work import Work
from tests.unit.smtp.builders import (
    HURRIED,
    PATIENT,
    ListFeed,
    Runner,
    WindowFeed,
    both_loops,
    deliver,
    envelope,
    envelopes,
    relay_on,
    run_asyncio,
)
from tests.unit.smtp.scripted_server import HANG_UP, SILENCE, answering, polite, scripted_server

ACCEPTED = (Verdict.ACCEPTED, Reason.NONE)
DROPPED = (Verdict.TRANSIENT, Reason.CONNECTION)


def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@both_loops
def test_many_messages_over_many_connections(run: Runner) -> None:
    async def test() -> None:
        async with scripted_server() as server:
            feed = await deliver(server.port, envelopes(300), connections=8)
        assert feed.verdicts() == dict.fromkeys(range(300), ACCEPTED)
        assert len(set(server.recipients)) == len(server.recipients) == 300
        assert len(server.dialogues) == 8

    run(test())


def test_no_more_connections_than_messages() -> None:
    async def test() -> None:
        async with scripted_server() as server:
            await deliver(server.port, envelopes(2), connections=8)
        assert 1 <= len(server.dialogues) <= 2

    run_asyncio(test())


def test_an_empty_feed_opens_no_connection() -> None:
    async def test() -> None:
        async with scripted_server() as server:
            await deliver(server.port, [], connections=8)
        assert server.dialogues == []

    run_asyncio(test())


@both_loops
@pytest.mark.parametrize("window", [1, 2, 7, 200])
def test_a_full_window_pauses_the_connections_until_they_are_woken(run: Runner, window: int) -> None:
    async def test() -> None:
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port), connections=3, timeouts=PATIENT)
            feed = WindowFeed(envelopes(50), pool, window=window)
            await pool.send(feed)
            await pool.close()
        assert set(feed.verdicts().values()) == {ACCEPTED}
        assert len(feed.outcomes) == 50
        assert feed.most_unflushed <= window

    run(test())


def test_a_feed_may_wake_the_pool_from_its_record() -> None:
    async def test() -> None:
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)

            class OneByOne(ListFeed):
                def take(self) -> Envelope | None:
                    return super().take() if len(self.taken) == len(self.outcomes) else None

                def record(self, envelope: Envelope, outcome: Outcome) -> None:
                    super().record(envelope, outcome)
                    pool.wake()

            feed = OneByOne(envelopes(10))
            await pool.send(feed)
            await pool.close()
        assert len(feed.outcomes) == 10

    run_asyncio(test())


@both_loops
def test_connections_are_kept_for_the_next_send(run: Runner) -> None:
    async def test() -> None:
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port), timeouts=PATIENT)
            for _ in range(3):
                await pool.send(ListFeed([envelope()]))
            assert len(server.dialogues) == 1
            await pool.close()
        assert len(server.mails) == 3
        assert server.dialogues[0][-1] == "QUIT"

    run(test())


@both_loops
@pytest.mark.parametrize("says", ["421 4.4.2 Idle for too long", ""])
def test_a_connection_that_the_server_closed_meanwhile_is_replaced(run: Runner, says: str) -> None:
    """Between two sends no event loop runs: the goodbye lies unread in the socket."""

    async def test() -> None:
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port), timeouts=PATIENT)
            await pool.send(ListFeed([envelope()]))
            await server.say_goodbye(says)
            feed = ListFeed(envelopes(3))
            await pool.send(feed)
            await pool.close()
        assert feed.verdicts() == dict.fromkeys(range(3), ACCEPTED)
        assert len(server.mails) == 4
        assert server.heard()[0].count("MAIL") == 1

    run(test())


@both_loops
def test_a_connection_that_the_server_closes_while_the_feed_pauses_is_replaced(run: Runner) -> None:
    async def test() -> None:
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port), connections=1, timeouts=PATIENT)

            class Pausing(ListFeed):
                def take(self) -> Envelope | None:
                    if len(self.taken) == 1 and len(server.dialogues) == 1 and not said_goodbye.is_set():
                        if self.outcomes:
                            tasks.append(asyncio.create_task(goodbye()))
                        return None
                    return super().take()

            async def goodbye() -> None:
                said_goodbye.set()
                await server.say_goodbye("421 4.4.2 Idle for too long")
                pool.wake()

            tasks: list[asyncio.Task[None]] = []
            said_goodbye = asyncio.Event()
            feed = Pausing(envelopes(3))
            await pool.send(feed)
            await pool.close()
        assert feed.verdicts() == dict.fromkeys(range(3), ACCEPTED)
        assert len(server.dialogues) == 2

    run(test())


@both_loops
def test_closing_copes_with_a_server_that_has_gone(run: Runner) -> None:
    async def test() -> None:
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port), timeouts=PATIENT)
            await pool.send(ListFeed([envelope()]))
            await server.stop()
            await pool.close()
        assert len(server.mails) == 1

    run(test())


def test_a_pool_is_not_carried_to_another_event_loop() -> None:
    async def first() -> None:
        async with scripted_server() as server:
            pools.append(SmtpPool(relay_on(server.port), timeouts=PATIENT))
            await pools[0].send(ListFeed([envelope()]))
            with pytest.raises(RuntimeError, match="one pool per loop"):
                await asyncio.to_thread(asyncio.run, pools[0].send(ListFeed([envelope()])))
            await pools[0].close()

    pools: list[SmtpPool] = []
    run_asyncio(first())


def test_a_connection_that_idled_too_long_is_replaced_politely() -> None:
    async def test() -> None:
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port), timeouts=PATIENT, idle_seconds=0)
            await pool.send(ListFeed([envelope()]))
            await asyncio.sleep(0.01)
            await pool.send(ListFeed([envelope()]))
            await pool.close()
        assert len(server.dialogues) == 2
        assert server.dialogues[0][-1] == "QUIT"

    run_asyncio(test())


def test_connections_carry_no_more_messages_than_told() -> None:
    async def test() -> None:
        async with scripted_server() as server:
            feed = await deliver(server.port, envelopes(10), connections=2, max_messages_per_connection=3)
        assert feed.verdicts() == dict.fromkeys(range(10), ACCEPTED)
        assert all(dialogue.count(".") <= 3 and dialogue[-1] == "QUIT" for dialogue in server.dialogues)

    run_asyncio(test())


@both_loops
def test_an_unreachable_server_fails_everything_at_once(run: Runner) -> None:
    async def test() -> None:
        feed = await deliver(unused_port(), envelopes(1000), connections=8)
        assert feed.verdicts() == dict.fromkeys(range(1000), DROPPED)
        assert "127.0.0.1" in feed.outcomes[0].detail

    run(test())


def test_an_unreachable_server_fails_also_what_a_window_held_back() -> None:
    async def test() -> None:
        pool = SmtpPool(relay_on(unused_port()), connections=2, timeouts=PATIENT)
        feed = WindowFeed(envelopes(30), pool, window=4)
        await pool.send(feed)
        assert set(feed.verdicts().values()) == {DROPPED}
        assert len(feed.outcomes) == 30
        await pool.close()

    run_asyncio(test())


def test_the_next_send_tries_an_unreachable_server_again() -> None:
    async def test() -> None:
        port = unused_port()
        pool = SmtpPool(relay_on(port), timeouts=PATIENT)
        await pool.send(first := ListFeed([envelope()]))
        async with scripted_server(port=port):
            await pool.send(second := ListFeed([envelope()]))
            await pool.close()
        assert (first.verdicts(), second.verdicts()) == ({0: DROPPED}, {0: ACCEPTED})

    run_asyncio(test())


def test_a_server_with_room_for_two_connections_gets_everything_over_two() -> None:
    async def test() -> None:
        full = answering({"": "421 4.7.0 Too many connections" + HANG_UP})
        async with scripted_server(for_connection=lambda number: polite if number <= 2 else full) as server:
            feed = await deliver(server.port, envelopes(60), connections=6)
        assert feed.verdicts() == dict.fromkeys(range(60), ACCEPTED)
        assert len(server.dialogues) <= 6

    run_asyncio(test())


@both_loops
@pytest.mark.parametrize("at", ["", "MAIL", "."])
def test_cancelling_drops_the_connections_in_flight_and_records_nothing_more(run: Runner, at: str) -> None:
    async def test() -> None:
        silent = answering({at: SILENCE})
        async with scripted_server(for_connection=lambda number: silent if number <= 2 else polite) as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            feed = ListFeed(envelopes(9))
            sending = asyncio.create_task(pool.send(feed))
            while len(server.dialogues) < 2 or not all(at in ("", *seen) for seen in server.heard()):  # noqa: ASYNC110
                await asyncio.sleep(0)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert feed.outcomes == {}
            again = ListFeed(envelopes(3))
            await pool.send(again)
            await pool.close()
        assert feed.outcomes == {}
        assert again.verdicts() == dict.fromkeys(range(3), ACCEPTED)

    run(test())


@pytest.mark.parametrize("method", ["take", "record"])
def test_an_error_in_the_feed_comes_out_of_send_and_the_pool_goes_on(method: str) -> None:
    class Faulty(ListFeed):
        def take(self) -> Envelope | None:
            if method == "take" and len(self.taken) == 3:
                raise LookupError("no such template")
            return super().take()

        def record(self, envelope: Envelope, outcome: Outcome) -> None:
            if method == "record" and envelope.key == 3:
                raise LookupError("no such row")
            super().record(envelope, outcome)

    async def test() -> None:
        async with scripted_server() as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            with pytest.raises(LookupError):
                await pool.send(Faulty(envelopes(9)))
            again = ListFeed(envelopes(3))
            await pool.send(again)
            await pool.close()
        assert again.verdicts() == dict.fromkeys(range(3), ACCEPTED)

    run_asyncio(test())


def test_a_pool_sends_one_feed_at_a_time() -> None:
    async def test() -> None:
        async with scripted_server(answering({"": SILENCE})) as server:
            pool = SmtpPool(relay_on(server.port), timeouts=PATIENT)
            sending = asyncio.create_task(pool.send(ListFeed([envelope()])))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="one send"):
                await pool.send(ListFeed([]))
            with pytest.raises(RuntimeError, match="after send"):
                await pool.close()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            await pool.close()

    run_asyncio(test())


def test_closing_does_not_wait_for_a_server_that_does_not_answer_quit() -> None:
    async def test() -> None:
        async with scripted_server(answering({"QUIT": SILENCE})) as server:
            pool = SmtpPool(relay_on(server.port), timeouts=HURRIED)
            await pool.send(ListFeed([envelope()]))
            await pool.close()

    run_asyncio(test())


@both_loops
def test_a_connection_dropped_before_it_was_made_is_closed_when_it_is(run: Runner) -> None:
    async def test() -> None:
        async with scripted_server() as server:
            relay = relay_on(server.port)
            connection = Connection(relay, PATIENT, Work(ListFeed([])), max_messages=None, on_end=lambda _: None)
            connection.drop()
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_connection(lambda: connection, relay.host, relay.port)
            assert transport.is_closing()

    run(test())


def test_a_host_name_that_cannot_be_one_comes_out_of_send() -> None:
    async def test() -> None:
        pool = SmtpPool(Relay("a" * 70 + ".example", 25), timeouts=PATIENT)
        with pytest.raises(UnicodeError):
            await pool.send(ListFeed([envelope()]))

    run_asyncio(test())
