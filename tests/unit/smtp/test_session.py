"""The session without I/O: what it writes when, and that every message ends where it belongs."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.outcome import Outcome, Reason, Verdict
from channels.smtp import Tls
from channels.smtp.envelope import Envelope
from channels.smtp.replies import Stage, disconnected
from channels.smtp.session import Phase, Session
from tests.unit.smtp.builders import BODY, envelope, relay_on

GREETING = b"220 server.example\r\n"
PIPELINING = b"250-server.example\r\n250-PIPELINING\r\n250 SIZE\r\n"
PLAIN = b"250 server.example\r\n"
OK, GO, NO = b"250 Ok\r\n", b"354 Go\r\n", b"550 5.1.1 No\r\n"
LOST = disconnected("gone")


class Desk:
    """An exchange that notes everything."""

    def __init__(self, items: Iterable[Envelope]) -> None:
        self._items: Iterator[Envelope] = iter(items)
        self.taken: list[object] = []
        self.outcomes: list[tuple[object, Outcome]] = []
        self.returned: list[object] = []
        self.counted: list[bool] = []

    def take(self) -> Envelope | None:
        item = next(self._items, None)
        if item is not None:
            self.taken.append(item.key)
        return item

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        self.outcomes.append((envelope.key, outcome))

    def hand_back(self, envelope: Envelope, outcome: Outcome, *, counts: bool) -> None:
        self.returned.append(envelope.key)
        self.counted.append(counts)

    @property
    def results(self) -> list[tuple[object, Verdict, Reason]]:
        return [(key, outcome.verdict, outcome.reason) for key, outcome in self.outcomes]


def commands(key: int, *, size: bool = True) -> bytes:
    parameter = f" SIZE={len(BODY)}" if size else ""
    return f"MAIL FROM:<bounce@agency.example>{parameter}\r\nRCPT TO:<citizen{key}@example.com>\r\nDATA\r\n".encode()


def ready(count: int, offers: bytes = PIPELINING, *, max_messages: int | None = None) -> tuple[Session, Desk]:
    """A session past its handshake, idle, and a desk with messages 0, 1, …"""
    desk = Desk(envelope(key) for key in range(count))
    session = Session(relay_on(25), desk, max_messages=max_messages)
    assert session.receive(GREETING) == b"EHLO sender.example\r\n"
    assert session.receive(offers) == b""
    assert session.phase is Phase.READY
    return session, desk


def accepted(*keys: int) -> list[tuple[object, Verdict, Reason]]:
    return [(key, Verdict.ACCEPTED, Reason.NONE) for key in keys]


def test_the_end_of_a_message_and_the_next_commands_are_one_write() -> None:
    session, desk = ready(3)
    assert session.begin() == commands(0)
    assert session.receive(OK + OK + GO) == BODY + b".\r\n" + commands(1)
    assert session.receive(OK + OK + OK + GO) == BODY + b".\r\n" + commands(2)
    assert session.receive(OK + OK + OK + GO) == BODY + b".\r\n"
    assert session.receive(OK) == b""
    assert desk.results == accepted(0, 1, 2)
    assert session.awaited is None


def test_content_waits_for_its_own_354() -> None:
    session, _ = ready(2)
    session.begin()
    assert session.receive(OK + OK) == b""
    assert session.receive(GO) == BODY + b".\r\n" + commands(1)


def test_without_pipelining_there_is_one_command_at_a_time() -> None:
    session, desk = ready(2, PLAIN)
    mail, rcpt, data = commands(0, size=False).splitlines(keepends=True)
    assert session.begin() == mail
    assert session.receive(OK) == rcpt
    assert session.receive(OK) == data
    assert session.receive(GO) == BODY + b".\r\n"
    assert session.receive(OK).startswith(b"MAIL")
    assert desk.results == accepted(0)


def test_a_server_that_knows_no_ehlo_is_greeted_with_helo() -> None:
    desk = Desk([envelope(0)])
    session = Session(relay_on(25), desk)
    session.receive(GREETING)
    assert session.receive(b"502 What?\r\n") == b"HELO sender.example\r\n"
    assert session.receive(b"250 server.example\r\n") == b""
    assert session.begin() == b"MAIL FROM:<bounce@agency.example>\r\n"


def test_an_answer_to_ehlo_before_ehlo_was_said_is_none() -> None:
    desk = Desk([envelope(0)])
    session = Session(relay_on(25), desk)
    assert session.receive(GREETING + PIPELINING) == b""
    assert session.phase is Phase.CLOSED
    assert desk.taken == []


def test_a_refused_recipient_leaves_the_next_message_untouched() -> None:
    session, desk = ready(2)
    session.begin()
    reset_first = b"RSET\r\n" + commands(1)
    assert session.receive(OK + NO + b"554 5.5.1 No valid recipients\r\n") == reset_first
    assert session.receive(OK + OK + OK + GO) == BODY + b".\r\n"
    session.receive(OK)
    assert desk.results == [(0, Verdict.PERMANENT, Reason.BAD_ADDRESS), *accepted(1)]


@pytest.mark.parametrize("verdict_on_nothing", [b"554 5.5.1 No valid recipients\r\n", OK])
def test_a_354_behind_a_refused_recipient_gets_a_lone_dot(verdict_on_nothing: bytes) -> None:
    session, desk = ready(2)
    session.begin()
    assert session.receive(OK + NO + GO) == b".\r\n" + commands(1)
    assert session.receive(verdict_on_nothing + OK + OK + GO) == BODY + b".\r\n"
    session.receive(OK)
    assert desk.results == [(0, Verdict.PERMANENT, Reason.BAD_ADDRESS), *accepted(1)]


def test_a_refused_sender_is_not_the_recipients_fault() -> None:
    session, desk = ready(2)
    session.begin()
    assert session.receive(NO + b"503 5.5.1 MAIL first\r\n" * 2) == commands(1)
    session.receive(OK + OK + GO)
    session.receive(OK)
    assert desk.results == [(0, Verdict.PERMANENT, Reason.REFUSED), *accepted(1)]


def test_no_empty_mail_is_sent_to_a_server_that_goes_on_after_refusing_the_sender() -> None:
    session, desk = ready(2)
    session.begin()
    assert session.receive(NO + OK + GO) == b""
    assert session.phase is Phase.CLOSED
    assert desk.results == [(0, Verdict.PERMANENT, Reason.REFUSED)]


def test_refusals_without_pipelining_end_the_transaction() -> None:
    session, desk = ready(4, PLAIN)
    session.begin()
    assert session.receive(NO).startswith(b"MAIL")  # MAIL refused: no transaction is open
    session.receive(OK)
    assert session.receive(NO) == b"RSET\r\n"  # RCPT refused
    assert session.receive(OK).startswith(b"MAIL")
    session.receive(OK)
    session.receive(OK)
    assert session.receive(b"451 4.3.0 Not now\r\n") == b"RSET\r\n"  # DATA refused
    session.receive(OK)
    session.receive(OK)
    session.receive(OK)
    session.receive(GO)
    assert session.receive(b"554 5.7.1 Spam\r\n") == b""  # the content refused
    assert desk.results == [
        (0, Verdict.PERMANENT, Reason.REFUSED),
        (1, Verdict.PERMANENT, Reason.BAD_ADDRESS),
        (2, Verdict.TRANSIENT, Reason.REFUSED),
        (3, Verdict.PERMANENT, Reason.POLICY),
    ]


def test_refused_content_does_not_disturb_the_next_message() -> None:
    session, desk = ready(2)
    session.begin()
    session.receive(OK + OK + GO)
    assert session.receive(b"554 5.7.1 Spam\r\n" + OK + OK + GO) == BODY + b".\r\n"
    session.receive(OK)
    assert desk.results == [(0, Verdict.PERMANENT, Reason.POLICY), *accepted(1)]


@pytest.mark.parametrize("answers", [b"", OK, OK + OK, b"421 4.3.2 Bye\r\n", OK + OK + b"421 4.3.2 Bye\r\n"])
def test_a_message_of_which_no_content_was_written_goes_back(answers: bytes) -> None:
    session, desk = ready(1)
    session.begin()
    session.receive(answers)
    session.lost(LOST)
    assert (desk.returned, desk.outcomes) == ([0], [])


def test_an_attempt_counts_where_a_fresh_connection_came_to_nothing_with_this_message_alone() -> None:
    fresh, desk = ready(1)
    fresh.begin()
    fresh.lost(LOST)
    assert (desk.counted, fresh.came_to_nothing) == ([True], True)

    kept, desk = ready(1)
    kept.join(desk)
    kept.begin()
    kept.lost(LOST)
    assert (desk.counted, kept.came_to_nothing) == ([False], False)

    proven, desk = ready(2)
    proven.begin()
    proven.receive(OK + OK + GO)
    proven.receive(OK)
    proven.lost(LOST)
    assert (desk.counted, proven.came_to_nothing) == ([False], False)

    busy, desk = ready(2)
    busy.begin()
    busy.receive(OK + OK + GO)
    busy.lost(LOST)
    assert (desk.counted, busy.came_to_nothing) == ([False], True)


def test_a_message_without_a_verdict_is_transient_and_its_follower_goes_back() -> None:
    session, desk = ready(2)
    session.begin()
    session.receive(OK + OK + GO)
    session.lost(LOST)
    assert desk.results == [(0, Verdict.TRANSIENT, Reason.CONNECTION)]
    assert desk.returned == [1]


def test_a_421_in_place_of_the_verdict_is_the_first_messages_alone() -> None:
    session, desk = ready(2)
    session.begin()
    session.receive(OK + OK + GO)
    session.receive(b"421 4.3.2 Shutting down\r\n")
    assert session.phase is Phase.CLOSED
    assert [(key, outcome.code) for key, outcome in desk.outcomes] == [(0, "4.3.2")]
    assert desk.results == [(0, Verdict.TRANSIENT, Reason.CONNECTION)]
    assert desk.returned == [1]


def test_a_421_behind_the_verdict_does_not_take_it_back() -> None:
    session, desk = ready(2)
    session.begin()
    session.receive(OK + OK + GO)
    session.receive(OK + b"421 4.3.2 Enough\r\n")
    assert (desk.results, desk.returned) == (accepted(0), [1])


@pytest.mark.parametrize("too_early", [OK, b"2", b"354 Go on\r\n", b"421 Bye\r\n"])
def test_a_reply_that_came_before_the_content_was_written_is_not_its_verdict(too_early: bytes) -> None:
    session, desk = ready(1)
    session.begin()
    assert session.receive(OK + OK + GO + too_early) == b""
    assert session.phase is Phase.CLOSED
    assert (desk.outcomes, desk.returned) == ([], [0])


@pytest.mark.parametrize("answers", [GO, OK + GO, OK + OK + OK, b"220 Hello\r\n334 \r\n", b"HTTP/1.1 200 OK\r\n"])
def test_a_server_out_of_step_is_left(answers: bytes) -> None:
    session, desk = ready(1)
    session.begin()
    assert session.receive(answers) == b""
    assert session.phase is Phase.CLOSED
    assert (desk.outcomes, desk.returned) == ([], [0])


def test_an_idle_server_may_say_goodbye() -> None:
    session, desk = ready(0)
    assert session.receive(b"421 4.4.2 Idle too long\r\n") == b""
    assert session.phase is Phase.CLOSED
    assert desk.outcomes == desk.returned == []


def test_a_message_that_cannot_go_makes_room_for_the_next() -> None:
    desk = Desk([envelope(0, recipient="jörg@example.com"), envelope(1, recipient="a b@c"), envelope(2)])
    session = Session(relay_on(25), desk)
    session.receive(GREETING)
    session.receive(PIPELINING)
    assert session.begin() == commands(2)
    assert desk.results == [
        (0, Verdict.PERMANENT, Reason.NEEDS_SMTPUTF8),
        (1, Verdict.PERMANENT, Reason.BAD_ADDRESS),
    ]


def test_a_session_takes_no_more_messages_than_it_may() -> None:
    session, desk = ready(5, max_messages=2)
    session.begin()
    session.receive(OK + OK + GO)
    assert session.receive(OK + OK + OK + GO) == BODY + b".\r\n"
    session.receive(OK)
    assert session.is_spent
    assert desk.taken == [0, 1]
    assert session.quit() == b"QUIT\r\n"


def test_it_knows_what_the_server_owes() -> None:
    session, _ = ready(1)
    assert session.awaited is None
    session.begin()
    for answer, stage in [(b"", Stage.MAIL), (OK, Stage.RCPT), (OK, Stage.DATA), (GO, Stage.CONTENT)]:
        session.receive(answer)
        assert session.awaited is stage
    session.receive(OK)
    assert session.awaited is None


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "lone dot"])
def test_a_421_among_answers_that_decide_nothing_ends_the_connection(stage: str) -> None:
    session, desk = ready(2)
    session.begin()
    bye = b"421 4.3.2 Bye\r\n"
    session.receive({"RCPT": NO + bye, "DATA": NO + OK + bye, "lone dot": OK + NO + GO}[stage])
    if stage == "lone dot":
        session.receive(bye)
    assert session.phase is Phase.CLOSED
    assert [key for key, _ in desk.outcomes] == [0]
    assert desk.returned == desk.taken[1:]


def upgrading() -> Session:
    """A session whose server has agreed to STARTTLS, and said more in clear than it should."""
    session = Session(relay_on(25, tls=Tls.STARTTLS), Desk([envelope(0)]))
    session.receive(GREETING)
    assert session.receive(b"250-server.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n") == b"STARTTLS\r\n"
    assert session.receive(b"220 Go\r\n250-evil\r\n25") == b""
    assert session.phase is Phase.WANTS_TLS
    assert session.encrypted() == b"EHLO sender.example\r\n"
    return session


def test_half_a_reply_in_clear_is_not_the_beginning_of_one_under_tls() -> None:
    session = upgrading()
    session.receive(PIPELINING)
    assert session.phase is Phase.READY
    assert session.begin() == commands(0)


def test_what_was_offered_in_clear_is_not_offered_under_tls() -> None:
    session = upgrading()
    assert session.receive(b"502 5.5.1 What?\r\n") == b"HELO sender.example\r\n"
    session.receive(b"250 server.example\r\n")
    assert session.begin() == b"MAIL FROM:<bounce@agency.example>\r\n"


# One server's answers to three pipelined messages; each group is sent once the client has written what it answers.
ANSWER = st.sampled_from([OK, b"250-2.0.0 two\r\n250 2.0.0 lines\r\n", b"450 4.2.0 Later\r\n", NO, b"421 Bye\r\n"])
GROUP = st.tuples(ANSWER, ANSWER, st.sampled_from([GO, GO, GO, b"503 5.5.1 No\r\n", b"421 Bye\r\n"]), ANSWER)


def play(groups: Iterable[tuple[bytes, ...]], cut: st.DataObject | None) -> tuple[object, ...]:
    """What becomes of three messages when the server answers `groups`, its octets cut as `cut` draws."""
    session, desk = ready(3)
    written = session.begin()
    verdict = b""
    for mail, rcpt, data, content in groups:
        if session.phase is Phase.CLOSED or not written:
            break
        answers = verdict + (OK if written.startswith(b"RSET") else b"") + mail + rcpt + data
        written = feed(session, answers, cut)
        verdict = content if data == GO else b""
    if verdict and session.phase is not Phase.CLOSED:
        feed(session, verdict, cut)
    session.lost(LOST)
    assert sorted([key for key, _ in desk.outcomes] + desk.returned, key=str) == desk.taken
    return desk.outcomes, desk.returned


def feed(session: Session, octets: bytes, cut: st.DataObject | None) -> bytes:
    cuts = cut.draw(st.lists(st.integers(0, len(octets)), max_size=6).map(sorted)) if cut else []
    return b"".join(
        session.receive(octets[start:end]) for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True)
    )


@given(groups=st.lists(GROUP, min_size=1, max_size=4), data=st.data())
def test_replies_cut_anywhere_give_the_same_outcomes(groups: list[tuple[bytes, ...]], data: st.DataObject) -> None:
    assert play(groups, data) == play(groups, None)


@given(pieces=st.lists(st.sampled_from([OK, GO, NO, b"421 Bye\r\n", b"250-", b"xyz\r\n", b"\r\n"]), max_size=30))
def test_whatever_a_server_says_each_message_taken_ends_once(pieces: list[bytes]) -> None:
    session, desk = ready(9)
    session.begin()
    for piece in pieces:
        session.receive(piece)
    session.lost(LOST)
    assert sorted([key for key, _ in desk.outcomes] + desk.returned, key=str) == desk.taken
