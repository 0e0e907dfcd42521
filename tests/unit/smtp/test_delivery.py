"""A pool of one connection against servers over TCP: what each way of behaving and misbehaving does to the messages."""

from dataclasses import replace

import pytest

from channels.outcome import Reason, Verdict
from channels.smtp import Timeouts
from tests.unit.smtp.builders import (
    BODY,
    HURRIED,
    PATIENT,
    Runner,
    both_loops,
    deliver,
    envelope,
    envelopes,
    run_asyncio,
    run_uvloop,
)
from tests.unit.smtp.scripted_server import (
    ALL_OFFERS,
    DEAF,
    HALF_CLOSE,
    HANG_UP,
    RESET,
    SILENCE,
    Script,
    answering,
    polite,
    scripted_server,
)

NO_PIPELINING = tuple(offer for offer in ALL_OFFERS if offer != "PIPELINING")
ACCEPTED = (Verdict.ACCEPTED, Reason.NONE)
DROPPED = (Verdict.TRANSIENT, Reason.CONNECTION)
NO_MAIL = {"RCPT": "503 5.5.1 MAIL first", "DATA": "503 5.5.1 RCPT first"}


@both_loops
@pytest.mark.parametrize("offers", [ALL_OFFERS, NO_PIPELINING], ids=["pipelining", "one at a time"])
@pytest.mark.parametrize("octets_at_once", [0, 1])
def test_every_mail_arrives_as_it_was_given(run: Runner, offers: tuple[str, ...], octets_at_once: int) -> None:
    async def test() -> None:
        async with scripted_server(answering({}, offers), octets_at_once=octets_at_once) as server:
            feed = await deliver(server.port, envelopes(5))
        assert set(feed.verdicts().values()) == {ACCEPTED}
        assert server.recipients == [f"citizen{key}@example.com" for key in range(5)]
        assert {mail.content for mail in server.mails} == {BODY}
        assert server.dialogues[0][-1] == "QUIT"
        assert len(server.dialogues) == 1

    run(test())


@both_loops
def test_a_large_message_arrives_whole(run: Runner) -> None:
    async def test() -> None:
        message = b"Subject: map\r\n\r\n" + b"0123456789abcdef" * 60 + b"\r\n"
        message += message * 4000  # about 4 MB, more than socket buffers hold
        async with scripted_server(answering({}, ("PIPELINING",))) as server:
            feed = await deliver(server.port, [envelope(0, message=message), envelope(1)])
        assert feed.verdicts() == {0: ACCEPTED, 1: ACCEPTED}
        assert [mail.content for mail in server.mails] == [message, BODY]

    run(test())


@pytest.mark.parametrize("data", ["503 5.5.1 No valid recipients", "354 Go ahead anyway"])
@pytest.mark.parametrize("end", ["554 5.5.1 No valid recipients", "250 2.0.0 Queued for nobody"])
@pytest.mark.parametrize("offers", [ALL_OFFERS, NO_PIPELINING], ids=["pipelining", "one at a time"])
def test_a_refused_recipient_among_others(data: str, end: str, offers: tuple[str, ...]) -> None:
    def script(command: str) -> str:
        if command.startswith("RCPT"):
            script.is_refused = "citizen1@" in command  # type: ignore[attr-defined]
        if script.is_refused:  # type: ignore[attr-defined]
            refusal = {"RCPT": "550 5.1.1 Unknown", "DATA": data, ".": end}.get(command[:4])
            if refusal:
                return refusal
        return polite(command, offers)

    script.is_refused = False  # type: ignore[attr-defined]

    async def test() -> None:
        async with scripted_server(script) as server:
            feed = await deliver(server.port, envelopes(3))
        assert feed.verdicts() == {0: ACCEPTED, 1: (Verdict.PERMANENT, Reason.BAD_ADDRESS), 2: ACCEPTED}
        carried = [mail.recipient for mail in server.mails if mail.content]
        assert carried == ["citizen0@example.com", "citizen2@example.com"]

    run_asyncio(test())


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"MAIL": "550 5.1.1 No such sender", **NO_MAIL}, (Verdict.PERMANENT, Reason.REFUSED)),
        ({"MAIL": "450 4.3.2 Not now", **NO_MAIL}, (Verdict.TRANSIENT, Reason.REFUSED)),
        ({"DATA": "451 4.3.0 Not now"}, (Verdict.TRANSIENT, Reason.REFUSED)),
        ({".": "554 5.7.1 Spam"}, (Verdict.PERMANENT, Reason.POLICY)),
        ({".": "452 4.3.1 Disk full"}, (Verdict.TRANSIENT, Reason.REFUSED)),
        ({"RCPT": "550 User unknown"}, (Verdict.PERMANENT, Reason.REFUSED)),
    ],
)
def test_what_the_server_refuses_is_recorded(answers: dict[str, str], outcome: tuple[Verdict, Reason]) -> None:
    async def test() -> None:
        script = answering(answers)
        async with scripted_server(script) as server:
            feed = await deliver(server.port, envelopes(3))
        assert feed.verdicts() == dict.fromkeys(range(3), outcome)
        assert len(server.dialogues) == 1

    run_asyncio(test())


@pytest.mark.parametrize("ending", [HANG_UP, RESET])
@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("says", ["", "421 4.3.2 Shutting down"])
def test_a_message_not_begun_is_sent_over_a_fresh_connection(at: str, says: str, ending: str) -> None:
    async def test() -> None:
        first, rest = answering({at: says + ending}), polite
        async with scripted_server(for_connection=lambda number: first if number == 1 else rest) as server:
            feed = await deliver(server.port, envelopes(3))
        assert set(feed.verdicts().values()) == {ACCEPTED}
        assert sorted(server.recipients) == [f"citizen{key}@example.com" for key in range(3)]

    run_asyncio(test())


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
def test_a_message_that_no_connection_survives_is_tried_three_times(at: str) -> None:
    async def test() -> None:
        async with scripted_server(answering({at: "421 4.3.2 No" + HANG_UP})) as server:
            feed = await deliver(server.port, envelopes(1))
        assert feed.verdicts() == {0: DROPPED}
        assert feed.outcomes[0].code == "4.3.2"
        assert len(server.dialogues) == 3

    run_asyncio(test())


def test_a_server_that_drops_every_connection_is_not_asked_for_every_message() -> None:
    async def test() -> None:
        async with scripted_server(answering({"MAIL": HANG_UP})) as server:
            feed = await deliver(server.port, envelopes(500), connections=4)
        assert feed.verdicts() == dict.fromkeys(range(500), DROPPED)
        assert len(server.dialogues) <= 12

    run_asyncio(test())


@both_loops
@pytest.mark.parametrize("ending", [HANG_UP, RESET])
@pytest.mark.parametrize(
    "at",
    [{"DATA": "354 Go ahead"}, {".": ""}, {".": "421 4.3.2 Shutting down"}],
    ids=["in content", "no verdict", "421"],
)
def test_a_drop_after_content_was_begun_is_transient(run: Runner, at: dict[str, str], ending: str) -> None:
    async def test() -> None:
        (command, says), *_ = at.items()
        first = answering({command: says + ending})
        async with scripted_server(for_connection=lambda number: first if number == 1 else polite) as server:
            feed = await deliver(server.port, envelopes(3))
        assert feed.verdicts() == {0: DROPPED, 1: ACCEPTED, 2: ACCEPTED}
        assert server.recipients == ["citizen1@example.com", "citizen2@example.com"]

    run(test())


@pytest.mark.parametrize("garbage", ["HTTP/1.1 400 Bad Request", "250" + "x" * 3000, "25O Ok", "600 What"])
@pytest.mark.parametrize("at", ["", "EHLO", "MAIL", "."])
def test_garbage_is_a_clear_outcome_and_the_end_of_the_connection(garbage: str, at: str) -> None:
    async def test() -> None:
        async with scripted_server(answering({at: garbage})) as server:
            feed = await deliver(server.port, envelopes(2))
        assert feed.verdicts() == dict.fromkeys(range(2), DROPPED)
        assert "QUIT" not in str(server.dialogues)

    run_asyncio(test())


@pytest.mark.parametrize("at", ["", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_a_silent_server_is_left_when_its_time_is_up(at: str) -> None:
    async def test() -> None:
        async with scripted_server(answering({at: SILENCE})) as server:
            feed = await deliver(server.port, envelopes(1), timeouts=HURRIED)
        assert feed.verdicts() == {0: DROPPED}
        assert "No answer" in feed.outcomes[0].detail

    run_uvloop(test())


@both_loops
def test_a_server_that_stops_reading_is_left(run: Runner) -> None:
    async def test() -> None:
        message = b"Subject: map\r\n\r\n" + b"0123456789abcdef\r\n" * 1_000_000  # no socket buffer holds 18 MB
        script = answering({"DATA": "354 Go ahead" + DEAF}, ("PIPELINING",))
        async with scripted_server(script) as server:
            hurried = replace(PATIENT, block=0.1)
            feed = await deliver(server.port, [envelope(0, message=message)], timeouts=hurried)
        assert feed.verdicts() == {0: DROPPED}

    run(test())


@both_loops
def test_a_server_that_hangs_up_while_a_message_is_written_is_left_at_once(run: Runner) -> None:
    async def test() -> None:
        message = b"Subject: map\r\n\r\n" + b"0123456789abcdef\r\n" * 1_000_000
        script = answering({"DATA": "354 Go ahead" + HALF_CLOSE}, ("PIPELINING",))
        async with scripted_server(script) as server:
            feed = await deliver(server.port, [envelope(0, message=message)], timeouts=Timeouts())
        assert feed.verdicts() == {0: DROPPED}

    run(test())


@pytest.mark.parametrize("connections", [1, 3])
def test_a_message_that_kills_its_connections_does_not_take_the_others_with_it(connections: int) -> None:
    async def test() -> None:
        script = answering({"RCPT TO:<citizen5@": HANG_UP})
        async with scripted_server(script) as server:
            feed = await deliver(server.port, envelopes(60), connections=connections)
        assert feed.verdicts() == {**dict.fromkeys(range(60), ACCEPTED), 5: DROPPED}
        assert len(server.dialogues) <= 3 * connections + 3

    run_uvloop(test())


def test_connections_that_come_to_nothing_now_and_then_are_no_reason_to_give_up() -> None:
    async def test() -> None:
        good, bad = answering({".": "250 2.0.0 Queued" + HANG_UP}), answering({"MAIL": HANG_UP})
        async with scripted_server(for_connection=lambda number: good if number % 2 else bad) as server:
            feed = await deliver(server.port, envelopes(4))
        assert feed.verdicts() == dict.fromkeys(range(4), ACCEPTED)

    run_asyncio(test())


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("says", ["421 4.7.0 Enough for one connection", ""])
def test_a_server_that_limits_messages_per_connection_gets_them_all(limit: int, connections: int, says: str) -> None:
    def limited(_: int) -> Script:
        accepted = 0

        def script(command: str) -> str:
            nonlocal accepted
            if command.startswith("MAIL") and accepted == limit:
                return says + HANG_UP
            accepted += command == "."
            return polite(command)

        return script

    async def test() -> None:
        async with scripted_server(for_connection=limited) as server:
            feed = await deliver(server.port, envelopes(40), connections=connections)
        assert feed.verdicts() == dict.fromkeys(range(40), ACCEPTED)
        assert len(set(server.recipients)) == len(server.recipients) == 40

    run_uvloop(test())


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (envelope(1, message=b"x" * 100_000 + b"\r\n"), Reason.REFUSED),
        (envelope(1, recipient="jörg@example.com"), Reason.NEEDS_SMTPUTF8),
        (envelope(1, recipient="a@b>\r\nRCPT TO:<evil@example.com"), Reason.BAD_ADDRESS),
    ],
    ids=["too big", "needs SMTPUTF8", "smuggling"],
)
def test_what_cannot_be_sent_is_permanent_and_leaves_the_connection_usable(item: object, reason: Reason) -> None:
    async def test() -> None:
        offers = ("PIPELINING", "SIZE 100000")
        async with scripted_server(answering({}, offers)) as server:
            feed = await deliver(server.port, [envelope(0), item, envelope(2)])  # type: ignore[list-item]
        assert feed.verdicts() == {0: ACCEPTED, 1: (Verdict.PERMANENT, reason), 2: ACCEPTED}
        assert server.recipients == ["citizen0@example.com", "citizen2@example.com"]
        assert len(server.dialogues) == 1

    run_asyncio(test())


def test_smtputf8_is_used_where_offered() -> None:
    async def test() -> None:
        async with scripted_server() as server:
            feed = await deliver(server.port, [envelope(0, recipient="jörg@example.com")])
        assert feed.verdicts() == {0: ACCEPTED}
        assert server.recipients == ["jörg@example.com"]
        assert any(command.endswith(" SMTPUTF8") for command in server.dialogues[0])

    run_asyncio(test())


@pytest.mark.parametrize("greeting", ["554 5.7.1 Your address is listed", "550 5.1.1 No such user"])
def test_a_refused_connection_loses_no_message_and_alarms(greeting: str) -> None:
    async def test() -> None:
        async with scripted_server(answering({"": greeting + HANG_UP})) as server:
            feed = await deliver(server.port, envelopes(20), connections=4)
        assert feed.verdicts() == dict.fromkeys(range(20), (Verdict.TRANSIENT, Reason.POLICY))
        assert len(server.dialogues) <= 4

    run_asyncio(test())


def test_a_busy_server_is_asked_again_but_not_for_ever() -> None:
    async def test() -> None:
        async with scripted_server(answering({"": "421 4.3.2 Busy" + HANG_UP})) as server:
            feed = await deliver(server.port, envelopes(100))
        assert feed.verdicts() == dict.fromkeys(range(100), DROPPED)
        assert len(server.dialogues) == 3

    run_asyncio(test())


def test_helo_works_where_ehlo_does_not() -> None:
    async def test() -> None:
        async with scripted_server(answering({"EHLO": "502 5.5.2 What?"})) as server:
            feed = await deliver(server.port, envelopes(2))
        assert set(feed.verdicts().values()) == {ACCEPTED}
        assert server.dialogues[0][:3] == [
            "EHLO sender.example",
            "HELO sender.example",
            "MAIL FROM:<bounce@agency.example>",
        ]

    run_asyncio(test())
