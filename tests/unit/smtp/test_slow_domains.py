"""A server that is slow about one domain's recipients: the others' mail goes on, and nobody gets it twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from channels.outcome import ACCEPTED, Outcome, Verdict
from channels.smtp import Envelope, SmtpPool
from channels.smtp.slowness import MOST_LEAVING, MOST_PATIENCE_SECONDS, PATIENCE_SECONDS, STRETCH, Slowness
from channels.smtp.work import MOST_ASIDE, NOT_BEGUN, Work
from tests.unit.smtp.builders import PATIENT, ListFeed, Runner, both_loops, envelope, relay_on, run_asyncio
from tests.unit.smtp.scripted_server import HANG_UP, HOLD, Script, polite, scripted_server

SLOW = "slow.example"


def mixed(count: int, *, every: int = 3) -> Iterator[Envelope]:
    """Envelopes of which one in `every` goes to the slow domain."""
    for key in range(count):
        yield envelope(key, recipient=f"citizen{key}@{'example.com' if key % every else SLOW}")


def slow_at(stage: str, answer: str = HOLD) -> Script:
    """A connection's script: `answer` before what it says at `stage` (RCPT or .) about the slow domain."""
    about = [""]

    def script(command: str) -> str:
        if command.startswith("RCPT"):
            about[0] = command
        if command.startswith(stage) and SLOW in about[0]:
            return answer + polite(command)
        return polite(command)

    return script


def keys_at(domain: str, items: list[Envelope]) -> set[object]:
    return {item.key for item in items if item.recipient.endswith(domain)}


@both_loops
@pytest.mark.parametrize("stage", ["RCPT", "."])
def test_others_are_all_accepted_while_one_domain_waits_and_nobody_gets_it_twice(run: Runner, stage: str) -> None:
    async def test() -> None:
        items = list(mixed(300))
        feed = ListFeed(items)
        async with scripted_server(for_connection=lambda _: slow_at(stage)) as server:
            pool = SmtpPool(relay_on(server.port), connections=4, timeouts=PATIENT)
            stragglers = await pool.send(feed)
            assert not stragglers.done()
            assert server.held
            accepted = {key for key, outcome in feed.outcomes.items() if outcome.accepted}
            assert accepted == keys_at("@example.com", items)
            assert {o.verdict for k, o in feed.outcomes.items() if k not in accepted} == {Verdict.TRANSIENT}
            server.release()
            await stragglers
            await pool.close()
        assert len(feed.outcomes) == 300
        assert Counter(server.recipients).most_common(1)[0][1] == 1
        accepted = {f"citizen{key}@" for key, outcome in feed.outcomes.items() if outcome.accepted}
        assert {recipient.partition("@")[0] + "@" for recipient in server.recipients} == accepted

    run(test())


def test_the_next_send_goes_on_beside_stragglers() -> None:
    async def test() -> None:
        async with scripted_server(for_connection=lambda _: slow_at(".")) as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            first, second = ListFeed(mixed(30)), ListFeed(mixed(60, every=60))
            stragglers = [await pool.send(first), await pool.send(second)]
            assert sum(outcome.accepted for outcome in second.outcomes.values()) == 59
            server.release()
            await asyncio.gather(*stragglers)
            await pool.close()
        assert (len(first.outcomes), len(second.outcomes)) == (30, 60)

    run_asyncio(test())


def test_a_domain_that_answers_again_is_like_any_other() -> None:
    async def test() -> None:
        async with scripted_server(for_connection=lambda _: slow_at("RCPT")) as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            await (await pool_release(pool, server, ListFeed(mixed(30))))
            again = ListFeed(mixed(30))
            await pool.send(again)
            await pool.close()
        assert set(again.outcomes.values()) == {ACCEPTED}

    async def pool_release(pool: SmtpPool, server, feed: ListFeed) -> asyncio.Future[None]:
        stragglers = await pool.send(feed)
        server.release()
        return stragglers

    run_asyncio(test())


def test_a_domain_that_is_refused_for_now_delays_nobody() -> None:
    async def test() -> None:
        items = list(mixed(120))
        feed = ListFeed(items)
        refusing = "451 4.7.1 Later\n"
        async with scripted_server(for_connection=lambda _: refusing_domain(refusing)) as server:
            pool = SmtpPool(relay_on(server.port), connections=4, timeouts=PATIENT)
            assert (await pool.send(feed)).done()
            await pool.close()
        assert {key for key, outcome in feed.outcomes.items() if outcome.accepted} == keys_at("@example.com", items)
        assert len(server.mails) == 80

    def refusing_domain(answer: str) -> Script:
        return lambda command: answer if command.startswith("RCPT") and SLOW in command else polite(command)

    run_asyncio(test())


def test_a_server_that_takes_a_breath_costs_nobody_their_turn() -> None:
    """All go to one domain, and nothing says whether it is the domain or the server that is slow."""

    async def test() -> None:
        async with scripted_server(for_connection=lambda _: slow_at("RCPT")) as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            feed = ListFeed(mixed(300, every=1))
            sending = asyncio.create_task(pool.send(feed))
            while len(server.dialogues) <= 2:  # noqa: ASYNC110  the first two have waited for a second
                await asyncio.sleep(0.01)
            server.release()
            await (await sending)
            await pool.close()
        assert set(feed.outcomes.values()) == {ACCEPTED}
        assert len(feed.outcomes) == len(set(server.recipients)) == len(server.recipients) == 300

    run_asyncio(test())


def test_no_more_than_three_times_the_connections_are_open() -> None:
    async def test() -> None:
        items = [envelope(key, recipient=f"citizen@domain{key}.example") for key in range(40)]
        everything_waits = lambda command: (HOLD if command.startswith("RCPT") else "") + polite(command)  # noqa: E731
        async with scripted_server(everything_waits) as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            feed = ListFeed(items)
            sending = asyncio.create_task(pool.send(feed))
            while server.held < STRETCH * 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert len(server.dialogues) == STRETCH * 2
            server.release()
            await (await sending)
            await pool.close()
        assert {outcome.accepted for outcome in feed.outcomes.values()} == {True}
        assert len(set(server.recipients)) == len(server.recipients) == 40

    run_asyncio(test())


def test_cancelling_takes_its_own_stragglers_with_it_and_leaves_the_others() -> None:
    async def test() -> None:
        async with scripted_server(for_connection=lambda _: slow_at(".")) as server:
            pool = SmtpPool(relay_on(server.port), connections=1, timeouts=PATIENT)
            first, second = ListFeed(mixed(4)), ListFeed([envelope(9, recipient=f"last@also-{SLOW}")])
            stragglers = await pool.send(first)
            sending = asyncio.create_task(pool.send(second))
            await asyncio.sleep(0.01)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            server.release()
            await stragglers
            await pool.close()
        assert len(first.outcomes) == 4
        assert second.outcomes == {}

    run_asyncio(test())


def test_closing_cuts_stragglers_and_leaves_them_without_an_outcome() -> None:
    async def test() -> None:
        async with scripted_server(for_connection=lambda _: slow_at(".")) as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            feed = ListFeed(mixed(1))
            stragglers = await pool.send(feed)
            await pool.close()
            assert not stragglers.done()
        assert feed.outcomes == {}

    run_asyncio(test())


def test_a_straggler_whose_connection_breaks_is_recorded() -> None:
    async def test() -> None:
        async with scripted_server(for_connection=lambda _: slow_at("RCPT", HOLD)) as server:
            pool = SmtpPool(relay_on(server.port), connections=1, timeouts=PATIENT)
            feed = ListFeed(mixed(1))
            stragglers = await pool.send(feed)
            await server.say_goodbye("")
            await stragglers
            await pool.close()
        assert feed.outcomes[0].verdict is Verdict.TRANSIENT

    run_asyncio(test())


def test_patience_grows_with_a_server_that_is_slow_about_everything_and_comes_back() -> None:
    slowness = Slowness(4)
    for _ in range(10):
        slowness.grew(envelope(), [envelope()])
        slowness.answered(envelope(), late=True)
        slowness.adapt(1)
    assert slowness.patience == MOST_PATIENCE_SECONDS
    for _ in range(10):
        slowness.adapt(100)
    assert slowness.patience == PATIENCE_SECONDS


def test_what_is_set_aside_comes_back_or_leaves_oldest_first() -> None:
    async def test() -> None:
        later = Outcome(Verdict.TRANSIENT)
        feed = ListFeed(mixed(MOST_ASIDE + 3, every=1))
        work = Work(feed)
        assert work.take() is not None  # under way, so that the others have something to wait for
        for _ in range(MOST_ASIDE + 1):
            item = work.take()
            assert item is not None
            work.set_aside(item, later)
        assert list(feed.outcomes) == [1]
        work.recall()
        first = work.take()
        assert first is not None
        assert first.key == 2
        work.abandon()

    run_asyncio(test())


class Breath:
    """A server that, from its `after`th verdict on, answers nobody until it is released."""

    def __init__(self, after: int, *, most_connections: int = 1_000) -> None:
        self.verdicts = -after
        self._most = most_connections

    def over(self) -> None:
        self.verdicts = -1_000_000

    def script(self, number: int) -> Script:
        def script(command: str) -> str:
            if not command and number >= self._most and self.verdicts > -1_000:
                return "421 4.7.0 Too many connections" + HANG_UP
            if command.startswith("."):
                self.verdicts += 1
                if self.verdicts > 0:
                    return HOLD + polite(command)
            return polite(command)

        return script


async def sent_through(breath: Breath, feed: ListFeed, *, seconds: float) -> None:
    """Sends all of it to a server that is silent for so long, and then answers."""
    async with scripted_server(for_connection=breath.script) as server:
        pool = SmtpPool(relay_on(server.port), connections=8, timeouts=PATIENT)
        sending = asyncio.create_task(pool.send(feed))
        await asyncio.sleep(seconds)
        breath.over()
        server.release()
        await (await sending)
        await pool.close()


def test_a_server_that_is_silent_to_everybody_does_not_empty_the_lane() -> None:
    """Silence alone lets a few leave, as it may be one domain's: the others wait for their turn."""

    async def test() -> None:
        breath = Breath(after=40)
        feed = ListFeed([envelope(key, recipient=f"citizen{key}@{SLOW}") for key in range(1_000)])
        await sent_through(breath, feed, seconds=4.5)
        left = Counter(outcome.accepted for outcome in feed.outcomes.values())[False]
        assert left <= 4 * MOST_LEAVING  # of 960, in the 4.5 s, or more where this machine was busy

    run_asyncio(test())


def test_a_relay_that_allows_no_more_connections_while_it_takes_a_breath_loses_nobody_their_turn() -> None:
    async def test() -> None:
        breath = Breath(after=40, most_connections=8)
        feed = ListFeed([envelope(key, recipient=f"citizen{key}@domain{key}.example") for key in range(500)])
        await sent_through(breath, feed, seconds=1.8)
        assert not [outcome for outcome in feed.outcomes.values() if "Too many connections" in outcome.detail]

    run_asyncio(test())


def test_the_answer_to_an_earlier_send_s_straggler_frees_the_domain_for_the_next_one() -> None:
    async def test() -> None:
        breath = Breath(after=0)
        first, second = (
            ListFeed([envelope(key, recipient=f"citizen{key}@{SLOW}") for key in range(low, high)])
            for low, high in ((0, 2), (2, 12))
        )
        async with scripted_server(for_connection=breath.script) as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            stragglers = await pool.send(first)
            assert not stragglers.done()
            breath.over()
            sending = asyncio.create_task(pool.send(second))
            await asyncio.sleep(0.5)
            server.release()
            await stragglers
            await (await sending)
            await pool.close()
        assert len(second.outcomes) == 10

    run_asyncio(test())


def test_what_is_withdrawn_while_it_waits_for_a_slow_domain_never_begins() -> None:
    async def test() -> None:
        breath = Breath(after=0)
        feed = ListFeed([envelope(key, recipient=f"citizen{key}@{SLOW}") for key in range(30)])
        async with scripted_server(for_connection=breath.script) as server:
            pool = SmtpPool(relay_on(server.port), connections=2, timeouts=PATIENT)
            sending = asyncio.create_task(pool.send(feed))
            while len(feed.taken) < 30:  # noqa: ASYNC110  until all the others are set aside
                await asyncio.sleep(0.01)
            feed.withdrawn = True
            pool.wake()
            await asyncio.sleep(0)
            begun = STRETCH * 2
            assert list(feed.outcomes.values()).count(NOT_BEGUN) >= 30 - begun
            breath.over()
            server.release()
            await (await sending)
            await pool.close()
        assert len(server.mails) == 30 - list(feed.outcomes.values()).count(NOT_BEGUN)

    run_asyncio(test())
