"""The account of one send(): what waits, in which order, and when it is over."""

import asyncio

from channels.outcome import Outcome, Reason, Verdict
from channels.smtp.replies import disconnected
from channels.smtp.work import RETRIES, Work
from tests.unit.smtp.builders import ListFeed, envelopes, run_asyncio

LOST = disconnected("gone")


def test_a_message_has_three_chances_on_fresh_connections() -> None:
    async def test() -> None:
        feed = ListFeed(envelopes(1))
        work = Work(feed)
        for _ in range(RETRIES + 1):
            assert feed.outcomes == {}
            item = work.take()
            assert item is not None
            work.hand_back(item, LOST, counts=True)
        assert feed.verdicts() == {0: (Verdict.TRANSIENT, Reason.CONNECTION)}
        assert work.take() is None
        await work.done

    run_asyncio(test())


def test_what_came_back_goes_first_and_what_may_be_at_fault_last() -> None:
    async def test() -> None:
        work = Work(ListFeed(envelopes(4)))
        suspect, innocent = work.take(), work.take()
        assert suspect is not None
        assert innocent is not None
        work.hand_back(suspect, LOST, counts=True)
        work.hand_back(innocent, LOST, counts=False)
        keys = [item.key for _ in range(4) if (item := work.take())]
        assert keys == [1, 2, 3, 0]
        work.abandon()

    run_asyncio(test())


def test_giving_up_reaches_everything_that_is_lent_to_nobody() -> None:
    async def test() -> None:
        feed = ListFeed(envelopes(6))
        work = Work(feed)
        lent, back = work.take(), work.take()
        assert lent is not None
        assert back is not None
        work.hand_back(back, LOST, counts=False)
        assert work.has_for(2)
        work.give_up(LOST)
        assert sorted(feed.outcomes, key=str) == [1, 2, 3, 4, 5]
        assert not work.done.done()
        work.record(lent, Outcome(Verdict.ACCEPTED))
        await asyncio.wait_for(work.done, 1)

    run_asyncio(test())


def test_nothing_is_recorded_once_the_work_is_abandoned() -> None:
    async def test() -> None:
        feed = ListFeed(envelopes(2))
        work = Work(feed)
        item = work.take()
        assert item is not None
        work.abandon()
        work.record(item, LOST)
        assert work.take() is None
        assert feed.outcomes == {}

    run_asyncio(test())
