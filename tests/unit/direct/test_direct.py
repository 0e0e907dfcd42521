"""Mail goes to the hosts that DNS names, in their order, and no destination delays another."""

import asyncio
from contextlib import AsyncExitStack
from ipaddress import ip_network
from typing import Any

import pytest

from channels.direct import DirectOptions, DirectSender
from channels.outcome import ACCEPTED, Outcome, Reason, Verdict
from channels.smtp import Envelope
from channels.smtp.limits import Limits
from tests.unit.direct.names import SERVFAIL, SILENT, Table, name_server
from tests.unit.smtp.builders import PATIENT, ListFeed, Runner, WindowFeed, both_loops, envelope, run_asyncio
from tests.unit.smtp.certificates import make_certificate
from tests.unit.smtp.scripted_server import HANG_UP, HOLD, Script, Scripted, answering, scripted_server
from tests.unit.smtp.test_pool import unused_port

LOOPBACK = (ip_network("127.0.0.0/8"),)


class World:
    """A resolver, and mail servers at 127.0.1.N that share a port."""

    def __init__(self, stack: AsyncExitStack, table: Table) -> None:
        self._stack, self._table = stack, table
        self.port = unused_port()

    async def server(self, number: int, script: Script | None = None, **settings: Any) -> Scripted:
        context = scripted_server(script, host=f"127.0.1.{number}", port=self.port, **settings)
        return await self._stack.enter_async_context(context)

    async def sender(self, **options: Any) -> DirectSender:
        self.names = await self._stack.enter_async_context(name_server(self._table))
        chosen: dict[str, Any] = {
            "allowed_networks": LOOPBACK,
            "opportunistic_tls": False,
            "ehlo_name": "sender.example",
            **options,
        }
        made = DirectOptions(dns=("127.0.0.1", self.names.port), port=self.port, **chosen)
        sender = DirectSender(made, timeouts=PATIENT)
        self._stack.push_async_callback(sender.close)
        return sender


def to(*domains: str) -> list[Envelope]:
    return [envelope(key, recipient=f"citizen{key}@{domain}") for key, domain in enumerate(domains)]


async def deliver(sender: DirectSender, items: list[Envelope]) -> ListFeed:
    feed = ListFeed(items)
    await (await sender.send(feed))
    assert feed.outcomes.keys() == set(feed.taken)
    return feed


@both_loops
def test_each_domains_mail_goes_to_its_own_host(run: Runner) -> None:
    async def test() -> None:
        table = {
            "one.example": {"MX": ["10 mx.one.example."]}, "mx.one.example": {"A": ["127.0.1.1"]},
            "two.example": {"MX": ["10 mx.two.example."]}, "mx.two.example": {"A": ["127.0.1.2"]},
        }  # fmt: skip
        async with AsyncExitStack() as stack:
            world = World(stack, table)
            one, two = await world.server(1), await world.server(2)
            feed = await deliver(await world.sender(), to(*["one.example", "two.example"] * 30))
        assert set(feed.outcomes.values()) == {ACCEPTED}
        assert {recipient.partition("@")[2] for recipient in one.recipients} == {"one.example"}
        assert len(set(one.recipients)) == len(set(two.recipients)) == 30
        assert len(one.dialogues) <= 2
        assert world.names.asked["one.example", "MX"] == 1

    run(test())


@pytest.mark.parametrize("first", [None, {"": "421 4.3.2 Busy" + HANG_UP}, {"": "554 5.3.2 Closed"}])
def test_the_next_host_by_preference_takes_over(first: dict[str, str] | None) -> None:
    async def test() -> None:
        table = {
            "one.example": {"MX": ["20 second.one.example.", "10 first.one.example."]},
            "first.one.example": {"A": ["127.0.1.1"]},
            "second.one.example": {"A": ["127.0.1.2", "127.0.1.3"]},
        }
        async with AsyncExitStack() as stack:
            world = World(stack, table)
            bad = await world.server(1, answering(first)) if first else None
            second, third = await world.server(2), await world.server(3)
            feed = await deliver(await world.sender(), to(*["one.example"] * 5))
        assert set(feed.outcomes.values()) == {ACCEPTED}
        assert (len(second.mails), len(third.mails)) in {(5, 0), (0, 5)}
        assert bad is None or bad.mails == []

    run_asyncio(test())


def test_a_domain_without_mx_is_reached_at_its_own_address() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            world = World(stack, {"one.example": {"A": ["127.0.1.1"]}})
            server = await world.server(1)
            feed = await deliver(await world.sender(), to("one.example"))
        assert feed.outcomes[0] is ACCEPTED
        assert len(server.mails) == 1

    run_asyncio(test())


@pytest.mark.parametrize(
    ("records", "code", "verdict", "suppresses"),
    [
        (None, "5.1.2", Verdict.PERMANENT, True),
        ({"MX": ["0 ."]}, "5.1.10", Verdict.PERMANENT, True),
        ({"TXT": ['"nothing for mail"']}, "5.4.4", Verdict.PERMANENT, False),
        (SERVFAIL, "4.4.3", Verdict.TRANSIENT, False),
        ({"MX": ["10 nowhere.example."]}, "4.4.4", Verdict.TRANSIENT, False),
        ({"MX": ["10 broken.example."]}, "4.4.3", Verdict.TRANSIENT, False),
    ],
)
def test_what_dns_says_becomes_an_outcome(records, code: str, verdict: Verdict, suppresses: bool) -> None:
    async def test() -> None:
        table = {"broken.example": SERVFAIL} | ({"one.example": records} if records else {})
        async with AsyncExitStack() as stack:
            feed = await deliver(await World(stack, table).sender(), to("one.example"))
        outcome = feed.outcomes[0]
        assert (outcome.verdict, outcome.code, outcome.suppresses) == (verdict, code, suppresses)

    run_asyncio(test())


def test_records_that_lead_inside_are_never_followed() -> None:
    async def test() -> None:
        table = {
            "trap.example": {"MX": ["10 inside.example."]},
            "inside.example": {"A": ["127.0.1.1", "10.0.0.1", "169.254.169.254"], "AAAA": ["::1", "::ffff:127.0.1.1"]},
        }
        async with AsyncExitStack() as stack:
            world = World(stack, table)
            server = await world.server(1)
            feed = await deliver(await world.sender(allowed_networks=()), to("trap.example"))
        assert feed.verdicts() == {0: (Verdict.PERMANENT, Reason.FORBIDDEN_TARGET)}
        assert not feed.outcomes[0].suppresses
        assert server.dialogues == []

    run_asyncio(test())


def slow_table() -> Table:
    table = {f"d{number}.example": {"A": ["127.0.1.1"]} for number in range(10)}
    return table | {"slow.example": {"A": ["127.0.1.2"]}, "mute.example": SILENT}


@both_loops
def test_a_destination_that_stalls_delays_no_other(run: Runner) -> None:
    async def test() -> None:
        domains = [f"d{number % 10}.example" for number in range(100)]
        for at in (0, 20, 40, 60):
            domains[at] = "slow.example"
        domains[1] = "mute.example"
        async with AsyncExitStack() as stack:
            world = World(stack, slow_table())
            quick, slow = await world.server(1), await world.server(2, answering({"RCPT": HOLD + "250 Ok"}))
            sender = await world.sender()
            feed = ListFeed(to(*domains))
            stragglers = await sender.send(feed)
            assert not stragglers.done()
            assert len(quick.mails) == 95
            again = ListFeed(to("slow.example", "d1.example"))
            await sender.send(again)
            assert [outcome.accepted for outcome in again.outcomes.values()] == [False, True]
            slow.release()
        everybody = quick.recipients + slow.recipients
        assert len(everybody) == len(set(everybody))

    run(test())


def test_stragglers_are_recorded_when_their_destination_answers_and_nobody_gets_it_twice() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            world = World(stack, slow_table())
            quick, slow = await world.server(1), await world.server(2, answering({".": HOLD + "250 Ok"}))
            sender = await world.sender()
            feed = ListFeed(to(*["slow.example"] * 6, "d1.example"))
            stragglers = await sender.send(feed)
            assert [key for key, outcome in feed.outcomes.items() if outcome.accepted] == [6]
            slow.release()
            await stragglers
        accepted = sum(outcome.accepted for outcome in feed.outcomes.values())
        assert len(feed.outcomes) == 7
        assert accepted == len(set(slow.recipients)) + 1 == len(slow.recipients) + len(quick.recipients)

    run_asyncio(test())


def test_a_destination_that_cannot_be_reached_is_left_alone_for_a_while() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            world = World(stack, {"one.example": {"A": ["127.0.1.1"]}})
            sender = await world.sender()
            assert (await deliver(sender, to("one.example"))).verdicts() == {0: (Verdict.TRANSIENT, Reason.CONNECTION)}
            server = await world.server(1)
            assert (await deliver(sender, to("one.example"))).verdicts() == {0: (Verdict.TRANSIENT, Reason.CONNECTION)}
        assert server.dialogues == []

    run_asyncio(test())


def test_limits_hold_for_each_destination() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            world = World(stack, slow_table())
            server = await world.server(1)
            sender = await world.sender(limits=Limits(connections=1, messages=3))
            feed = await deliver(sender, to(*["d1.example"] * 9, *["d2.example"] * 9))
        assert set(feed.outcomes.values()) == {ACCEPTED}
        assert all(dialogue.count(".") <= 3 for dialogue in server.dialogues)

    run_asyncio(test())


@pytest.mark.parametrize("refuses", [False, True])
def test_a_server_that_offers_starttls_gets_it_and_one_that_then_refuses_gets_mail_in_clear(
    refuses: bool, tmp_path
) -> None:
    async def test() -> None:
        offers = ("PIPELINING", "STARTTLS")
        answer = "454 4.7.0 Not now" if refuses else "220 Go ahead"
        context = None if refuses else make_certificate(tmp_path).server_context()
        async with AsyncExitStack() as stack:
            world = World(stack, slow_table())
            server = await world.server(1, answering({"STARTTLS": answer}, offers), starttls=context)
            feed = await deliver(await world.sender(opportunistic_tls=True), to("d1.example"))
        assert feed.outcomes[0] is ACCEPTED
        assert server.heard()[0].count("EHLO") == (1 if refuses else 2)

    run_asyncio(test())


def test_a_window_goes_on_while_destinations_answer() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            world = World(stack, slow_table())
            await world.server(1)
            sender = await world.sender()
            feed = WindowFeed(to(*[f"d{number % 10}.example" for number in range(60)]), sender, window=7)
            await (await sender.send(feed))
        assert set(feed.outcomes.values()) == {ACCEPTED}
        assert len(feed.outcomes) == 60
        assert feed.most_unflushed <= 7

    run_asyncio(test())


def test_cancelling_records_nothing_more_and_the_sender_goes_on() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            world = World(stack, slow_table())
            quick, slow = await world.server(1), await world.server(2, answering({"RCPT": HOLD + "250 Ok"}))
            sender = await world.sender()
            feed = ListFeed(to("slow.example"))
            sending = asyncio.create_task(sender.send(feed))
            while not slow.held:  # noqa: ASYNC110
                await asyncio.sleep(0)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert feed.outcomes == {}
            assert (await deliver(sender, to("d1.example"))).outcomes == {0: ACCEPTED}
            assert len(quick.mails) == 1

    run_asyncio(test())


def test_an_error_in_the_feed_comes_out() -> None:
    class Faulty(ListFeed):
        def record(self, envelope: Envelope, outcome: Outcome) -> None:
            raise LookupError("no such row")

    async def test() -> None:
        async with AsyncExitStack() as stack:
            world = World(stack, slow_table())
            await world.server(1)
            sender = await world.sender()
            with pytest.raises(LookupError):
                await sender.send(Faulty(to("d1.example", "d2.example")))

    run_asyncio(test())


def test_what_cannot_work_for_any_message_comes_out_of_send() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            sender = await World(stack, slow_table()).sender(ehlo_name="not a name")
            with pytest.raises(ValueError, match="no name to greet with"):
                await sender.send(ListFeed(to("d1.example", "d2.example")))

    run_asyncio(test())


def test_a_sender_sends_one_feed_at_a_time() -> None:
    async def test() -> None:
        async with AsyncExitStack() as stack:
            sender = await World(stack, {"mute.example": SILENT}).sender()
            sending = asyncio.create_task(sender.send(ListFeed(to("mute.example"))))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="one send"):
                await sender.send(ListFeed([]))
            with pytest.raises(RuntimeError, match="after send"):
                await sender.close()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending

    run_asyncio(test())


def test_options_are_read_from_the_url() -> None:
    options = DirectOptions.from_url(
        "mx://?dns=[::1]:5353&port=2525&tls=none&ehlo=me.example&allow=10.0.0.0/8+fd00::/8&connections=4&rate=2"
    )
    assert options == DirectOptions(
        limits=Limits(4, 100, 2.0), dns=("::1", 5353), port=2525, opportunistic_tls=False, ehlo_name="me.example",
        allowed_networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
    )  # fmt: skip
    assert DirectOptions.from_url("mx://").dns is None


@pytest.mark.parametrize(
    "url", ["mx://host", "mx://?port=0", "mx://?tls=starttls", "mx://?relay=x", "mx://?dns=name", "mx://?allow=all"]
)
def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        DirectOptions.from_url(url)
