"""What is withdrawn from a destination says nothing about that destination."""

import asyncio
from contextlib import AsyncExitStack

from channels.outcome import ACCEPTED
from channels.smtp import NOT_BEGUN
from tests.unit.direct.test_direct import World, deliver, to
from tests.unit.smtp.builders import ListFeed, run_asyncio


def test_a_destination_of_which_all_was_withdrawn_is_not_left_alone_for_it() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            world = World(stack, {"one.example": {"A": ["127.0.1.1"]}})
            await world.server(1)
            sender = await world.sender()
            stopped = ListFeed(to("one.example", "one.example"))
            sending = asyncio.create_task(sender.send(stopped))
            while len(stopped.taken) < 2:  # noqa: ASYNC110  until they wait for the name server's answer
                await asyncio.sleep(0)
            stopped.withdrawn = stopped.finished = True
            sender.wake()
            await (await sending)
            while sender._destinations["one.example"]._task is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            following = await deliver(sender, to("one.example"))
        assert set(stopped.outcomes.values()) == {NOT_BEGUN}
        assert set(following.outcomes.values()) == {ACCEPTED}

    run_asyncio(test())
