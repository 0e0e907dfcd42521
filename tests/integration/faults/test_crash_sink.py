"""The crash benchmark's mail server reports of each recipient exactly what it had said to them."""

import smtplib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench import crash_sink
from bench.crash_control import Sink

BODY = b"Subject: rain\r\n\r\nIt rains.\r\n"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    served = Sink(tmp_path)
    yield served
    served.close()


def send(sink: Sink, *recipients: str) -> list[int]:
    """One after the other, each on a new connection where the last was dropped; the code each got, 0 for none."""
    codes = []
    client = smtplib.SMTP("127.0.0.1", sink.port)
    for recipient in recipients:
        try:
            client.sendmail("a@b.example", recipient, BODY)
            codes.append(250)
        except smtplib.SMTPRecipientsRefused as refused:
            codes.append(refused.recipients[recipient][0])
        except (smtplib.SMTPException, OSError):
            codes.append(0)
        with suppress(smtplib.SMTPException, OSError):
            client.rset()
            continue
        client.close()
        client = smtplib.SMTP("127.0.0.1", sink.port)
    client.close()
    return codes


def test_it_counts_each_acceptance_and_begins_anew_after_a_report(sink: Sink) -> None:
    assert send(sink, "ana@a.example", "ben@a.example", "ana@a.example") == [250] * 3
    assert sink.accepted() == 3
    told = sink.report()
    assert told.accepted == {"ana@a.example": 2, "ben@a.example": 1}
    assert not told.unanswered
    assert not told.refused
    assert sink.accepted() == 0
    assert not sink.report().accepted


@pytest.mark.parametrize("mood", [crash_sink.DROP_IN_DATA, crash_sink.DROP_AFTER_DOT, crash_sink.GARBAGE])
def test_who_got_no_answer_is_not_accepted(sink: Sink, mood: str) -> None:
    sink.behave(mood, every=2)
    assert send(sink, "ana@a.example", "ben@a.example", "eva@a.example", "ida@a.example") == [0, 250, 0, 250]
    told = sink.report()
    assert set(told.accepted) == {"ben@a.example", "ida@a.example"}
    in_doubt = {"ana@a.example", "eva@a.example"} if mood == crash_sink.DROP_AFTER_DOT else set()
    assert set(told.unanswered) == in_doubt
    assert told.hits == 2


@pytest.mark.parametrize("mood", list(crash_sink.REFUSALS))
def test_who_was_refused_is_not_accepted(sink: Sink, mood: str) -> None:
    sink.behave(mood, every=2)
    codes = send(sink, "ana@a.example", "ben@a.example")
    assert codes[1] == 250
    assert codes[0] in {int(mood), 0}
    told = sink.report()
    assert set(told.accepted) == {"ben@a.example"}
    assert told.refused == ({"ana@a.example"} if mood == "550" else set())


def test_it_hangs_up_after_three_messages(sink: Sink) -> None:
    sink.behave(crash_sink.THREE)
    people = [f"person{number}@a.example" for number in range(4)]
    assert send(sink, *people) == [250] * 4
    assert sink.report().hits == 1


def test_after_a_stall_it_answers_who_is_still_there(sink: Sink) -> None:
    client = smtplib.SMTP("127.0.0.1", sink.port)
    client.ehlo()
    sink.behave(crash_sink.STALL)
    client.putcmd("NOOP")
    sink.behave(crash_sink.WELL)
    assert client.getreply()[0] == 250
    client.close()
