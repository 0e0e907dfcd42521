"""Announcing a message: the commands, and what can never be sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.outcome import Reason, Verdict
from channels.smtp.envelope import CannotSendError, Envelope, Offers, announce
from tests.unit.smtp.builders import BODY, envelope

EVERYTHING = Offers(pipelining=True, size=0, eight_bit=True, smtputf8=True)


def test_the_commands_are_three_lines() -> None:
    assert announce(envelope(7), Offers()) == (
        b"MAIL FROM:<bounce@agency.example>\r\nRCPT TO:<citizen7@example.com>\r\nDATA\r\n"
    )


def test_parameters_are_sent_where_offered_and_needed() -> None:
    message = "Grüße\r\n".encode()
    item = Envelope(1, "", "jörg@example.com", message)
    assert announce(item, EVERYTHING) == (
        f"MAIL FROM:<> SIZE={len(message)} BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<jörg@example.com>\r\nDATA\r\n".encode()
    )


def test_an_ascii_message_needs_no_8bitmime() -> None:
    assert b"BODY" not in announce(envelope(), EVERYTHING)


@pytest.mark.parametrize("item", [envelope(recipient="jörg@example.com"), envelope(smtputf8=True)])
def test_a_message_that_needs_smtputf8_is_not_sent_without_it(item: Envelope) -> None:
    with pytest.raises(CannotSendError) as caught:
        announce(item, Offers(pipelining=True))
    assert caught.value.outcome.verdict is Verdict.PERMANENT
    assert caught.value.outcome.reason is Reason.NEEDS_SMTPUTF8


def test_a_message_above_the_servers_size_is_not_sent() -> None:
    with pytest.raises(CannotSendError) as caught:
        announce(envelope(), Offers(size=len(BODY) - 1))
    assert caught.value.outcome.verdict is Verdict.PERMANENT
    assert caught.value.outcome.code == "5.3.4"


def test_the_size_is_counted_before_dot_stuffing() -> None:
    message = b"..\r\n..\r\n"  # two lines of one dot
    assert announce(envelope(message=message), Offers(size=6))


def test_a_message_that_does_not_end_its_last_line_is_not_sent() -> None:
    with pytest.raises(CannotSendError):
        announce(envelope(message=b"Subject: x\r\n\r\nhello"), Offers())


@pytest.mark.parametrize(
    "address",
    [
        "a@b>\r\nRCPT TO:<other@example.com",
        "a@b> NOTIFY=SUCCESS",
        "a@b\nDATA",
        "a@b\r",
        "a b@example.com",
        "<a@b",
        "a@b>",
        "a@b\x00",
        "a@b\x7f",
        "a@b\u2028",
        "a@b\u0085",
    ],
)
def test_no_address_smuggles_anything_into_a_command(address: str) -> None:
    for item in (envelope(recipient=address), envelope(sender=address)):
        with pytest.raises(CannotSendError) as caught:
            announce(item, EVERYTHING)
        assert caught.value.outcome.verdict is Verdict.PERMANENT


def test_an_unwritable_recipient_is_a_bad_address_and_an_unwritable_sender_is_not() -> None:
    with pytest.raises(CannotSendError) as recipient:
        announce(envelope(recipient="a b@example.com"), Offers())
    assert recipient.value.outcome.suppresses
    with pytest.raises(CannotSendError) as sender:
        announce(envelope(sender="a b@example.com"), Offers())
    assert not sender.value.outcome.suppresses


def test_a_recipient_cannot_be_empty() -> None:
    with pytest.raises(CannotSendError):
        announce(Envelope(1, "", "", BODY), Offers())


@given(sender=st.text(), recipient=st.text(min_size=1))
def test_whatever_the_addresses_there_are_three_lines_and_two_paths(sender: str, recipient: str) -> None:
    try:
        commands = announce(Envelope(1, sender, recipient, BODY), EVERYTHING).decode()
    except CannotSendError:
        return
    mail, rcpt, data, rest = commands.split("\r\n")
    assert mail.startswith(f"MAIL FROM:<{sender}> ")
    assert (rcpt, data, rest) == (f"RCPT TO:<{recipient}>", "DATA", "")
    assert commands.count(">") == 2
    assert len(commands.splitlines()) == 3
