"""What replies mean for a message: the table of rules on returning mail."""

import pytest

from channels.outcome import Reason, Verdict
from channels.smtp.replies import Stage, closing, refusal, setup_failure

TRANSIENT, PERMANENT = Verdict.TRANSIENT, Verdict.PERMANENT


@pytest.mark.parametrize(
    ("stage", "reply", "verdict", "reason", "code"),
    [
        (Stage.RCPT, "550 5.1.1 No such user", PERMANENT, Reason.BAD_ADDRESS, "5.1.1"),
        (Stage.RCPT, "550 5.1.2 No such domain", PERMANENT, Reason.BAD_ADDRESS, "5.1.2"),
        (Stage.RCPT, "501 5.1.3 Bad address syntax", PERMANENT, Reason.BAD_ADDRESS, "5.1.3"),
        (Stage.RCPT, "550 5.1.6 Moved, no forwarding", PERMANENT, Reason.BAD_ADDRESS, "5.1.6"),
        (Stage.RCPT, "556 5.1.10 Null MX", PERMANENT, Reason.BAD_ADDRESS, "5.1.10"),
        (Stage.RCPT, "550 5.2.1 Mailbox disabled", PERMANENT, Reason.BAD_ADDRESS, "5.2.1"),
        (Stage.CONTENT, "550 5.1.1 No such user", PERMANENT, Reason.BAD_ADDRESS, "5.1.1"),
        (Stage.RCPT, "550 5.1.7 Sender's address is wrong", PERMANENT, Reason.POLICY, "5.1.7"),
        (Stage.RCPT, "550 5.1.8 Sender's domain is wrong", PERMANENT, Reason.POLICY, "5.1.8"),
        (Stage.RCPT, "550 5.1.11 No rule of ours", PERMANENT, Reason.REFUSED, "5.1.11"),
        (Stage.RCPT, "552 5.2.2 Mailbox full", PERMANENT, Reason.MAILBOX_FULL, "5.2.2"),
        (Stage.RCPT, "452 4.2.2 Mailbox full", TRANSIENT, Reason.MAILBOX_FULL, "4.2.2"),
        (Stage.RCPT, "552 Quota exceeded", PERMANENT, Reason.MAILBOX_FULL, "552"),
        (Stage.CONTENT, "552 Too much", PERMANENT, Reason.REFUSED, "552"),
        (Stage.CONTENT, "552 5.3.4 Message too big", PERMANENT, Reason.REFUSED, "5.3.4"),
        (Stage.RCPT, "550 5.7.1 Relaying denied", PERMANENT, Reason.POLICY, "5.7.1"),
        (Stage.CONTENT, "554 5.7.26 Unauthenticated mail", PERMANENT, Reason.POLICY, "5.7.26"),
        (Stage.RCPT, "450 4.7.1 Greylisted", TRANSIENT, Reason.REFUSED, "4.7.1"),
        (Stage.RCPT, "450 Greylisted", TRANSIENT, Reason.REFUSED, "450"),
        (Stage.RCPT, "550 User unknown", PERMANENT, Reason.REFUSED, "550"),
        (Stage.RCPT, "553 5.6.7 No UTF-8 here", PERMANENT, Reason.NEEDS_SMTPUTF8, "5.6.7"),
        (Stage.RCPT, "550 4.1.1 Says both", TRANSIENT, Reason.REFUSED, "4.1.1"),
        (Stage.RCPT, "450 5.1.1 Says both", TRANSIENT, Reason.REFUSED, "5.1.1"),
        (Stage.DATA, "503 5.5.1 No valid recipients", PERMANENT, Reason.REFUSED, "5.5.1"),
        (Stage.MAIL, "550 5.1.1 No such user", PERMANENT, Reason.REFUSED, "5.1.1"),
        (Stage.MAIL, "550 5.1.2 No such domain", PERMANENT, Reason.REFUSED, "5.1.2"),
        (Stage.MAIL, "552 5.2.2 Full", PERMANENT, Reason.REFUSED, "5.2.2"),
        (Stage.MAIL, "530 5.7.0 Authenticate first", TRANSIENT, Reason.POLICY, "5.7.0"),
        (Stage.MAIL, "550 5.7.1 Not your sender", PERMANENT, Reason.POLICY, "5.7.1"),
        (Stage.RCPT, "550 5.1.1.2 no enhanced status", PERMANENT, Reason.REFUSED, "550"),
        (Stage.RCPT, "550-5.1.1 First line\n550 5.1.1 second", PERMANENT, Reason.BAD_ADDRESS, "5.1.1"),
        (Stage.RCPT, "550", PERMANENT, Reason.REFUSED, "550"),
    ],
)
def test_a_refusal_becomes_an_outcome(stage: Stage, reply: str, verdict: Verdict, reason: Reason, code: str) -> None:
    outcome = refusal(stage, reply.replace("\n", "\r\n").encode())
    assert (outcome.verdict, outcome.reason, outcome.code) == (verdict, reason, code)


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.HELLO, Stage.STARTTLS, Stage.AUTH])
def test_a_refusal_before_any_message_loses_none(stage: Stage) -> None:
    hard = setup_failure(stage, b"554 5.1.1 Go away")
    assert (hard.verdict, hard.reason) == (TRANSIENT, Reason.POLICY)
    soft = setup_failure(stage, b"454 4.3.0 Not now")
    assert (soft.verdict, soft.reason) == (TRANSIENT, Reason.CONNECTION)


def test_a_closing_server_says_nothing_about_the_recipient() -> None:
    outcome = closing(Stage.RCPT, b"421 4.7.0 Too many connections")
    assert (outcome.verdict, outcome.reason, outcome.code) == (TRANSIENT, Reason.CONNECTION, "4.7.0")


def test_the_detail_is_one_printable_line_of_at_most_200_characters() -> None:
    outcome = refusal(Stage.RCPT, b"550-5.1.1 No\x1b[2J\r\n550 " + b"\xff\x00very " * 100)
    assert outcome.detail.startswith("RCPT: 550 5.1.1 No [2J")
    assert outcome.detail.isprintable()
    assert len(outcome.detail) <= 200
