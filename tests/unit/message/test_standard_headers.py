"""What every bulletin and every transactional message says about itself."""

import datetime as dt
from typing import Any

import pytest

from channels.address import Address, BadAddress, parse_address
from channels.message import BadHeader, Marks, address_header_value, standard_headers
from tests.unit.message.builders import (
    VALUES,
    compile_bulletin,
    compile_plain,
    parse,
    replaced,
    values_for,
)


def bulletin(**changes: Any) -> dict[str, str]:
    message = parse(compile_bulletin(Marks(), **changes).fill(VALUES))
    return {name: str(value) for name, value in message.items()}


def test_one_click_unsubscribe_has_exactly_one_https_uri_and_its_post_field() -> None:
    headers = bulletin()
    assert headers["List-Unsubscribe"] == "<https://notify.example/u/T0ken_of-the-recipient>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_list_unsubscribe_is_never_folded() -> None:
    octets = compile_bulletin(Marks(), unsubscribe_url="https://notify.example/" + "long/" * 40).fill(VALUES)
    [line] = [line for line in octets.split(b"\r\n") if line.startswith(b"List-Unsubscribe:")]
    assert line.endswith(b"T0ken_of-the-recipient>")


def test_the_list_headers_are_those_of_rfc_2369_and_2919() -> None:
    headers = bulletin()
    assert headers["List-Id"] == '"Flu" <flu.health.gov.example>'
    assert headers["List-Help"] == "<https://notify.example/topics/flu/>"
    assert headers["List-Owner"] == "<mailto:owner@health.gov.example>"
    assert headers["List-Archive"] == "<https://notify.example/bulletins/1/>"
    assert headers["List-Post"] == "NO"


def test_a_bulletin_says_that_a_machine_sent_it_and_in_which_language() -> None:
    headers = bulletin(language="pt-BR")
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "pt-BR"
    assert headers["Feedback-ID"] == "d77:health:routine:govnotify"
    assert headers["Date"] == "Sat, 21 Nov 2026 18:05:00 +0000"
    assert headers["MIME-Version"] == "1.0"


@pytest.mark.parametrize(("lane", "precedence"), [("routine", "bulk"), ("digest", "bulk"), ("emergency", None)])
def test_an_emergency_is_not_bulk(lane: str, precedence: str | None) -> None:
    assert bulletin(lane=lane).get("Precedence") == precedence


def test_replies_go_where_somebody_reads_them() -> None:
    assert bulletin(reply_to="help@health.gov.example")["Reply-To"] == "Ministry of Health <help@health.gov.example>"
    assert "Reply-To" not in bulletin()


def test_a_transactional_message_belongs_to_no_list() -> None:
    message = compile_plain("", "")
    headers = parse(message.fill(values_for(message)))
    assert not [name for name in headers if name.startswith(("List-", "Precedence", "Feedback"))]
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"].endswith("@notify.example>")
    assert headers["From"] == "Notify <service@notify.example>"


@pytest.mark.parametrize(
    ("field", "value", "header"),
    [
        ("unsubscribe_url", "http://notify.example/u/", "List-Unsubscribe"),
        ("unsubscribe_url", "mailto:leave@notify.example", "List-Unsubscribe"),
        ("unsubscribe_url", "http://127.0.0.1.evil.example/u/", "List-Unsubscribe"),
        ("unsubscribe_url", "https://notify.example/u/>, <mailto:x@y.example", "List-Unsubscribe"),
        ("help_url", "/topics/flu/", "List-Help"),
        ("archive_url", "https://notify.example/é", "List-Archive"),
        ("owner_url", "owner@health.gov.example", "List-Owner"),
        ("list_id", "flu", "List-Id"),
        ("list_id", "flu@health.gov.example", "List-Id"),
        ("list_id", "a" * 250 + ".example", "List-Id"),
        ("feedback_sender", "gov", "Feedback-ID"),
        ("feedback_sender", "govnotify-and-more", "Feedback-ID"),
        ("feedback_agency", "a:b", "Feedback-ID"),
        ("language", "english (british)", "Content-Language"),
        ("message_id_domain", "health.gov.example>", "Message-ID"),
        ("from_address", "ministère@health.gov.example", "From"),
        ("date", dt.datetime(2026, 1, 1), "Date"),
    ],
)
def test_a_value_that_breaks_a_headers_grammar_is_refused_by_name(field: str, value: object, header: str) -> None:
    with pytest.raises(BadHeader) as refused:
        standard_headers(replaced(**{field: value}), Marks())
    assert refused.value.name == header


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000"])
def test_a_demo_without_a_certificate_can_send_from_the_loopback(host: str) -> None:
    assert f"<http://{host}/u/" in bulletin(unsubscribe_url=f"http://{host}/u/")["List-Unsubscribe"]


def test_a_foreign_recipient_stands_in_to_as_utf_8() -> None:
    address = parse_address("用户@例子.example")
    assert address_header_value(address) == "<用户@xn--fsqu00a.example>".encode()


@pytest.mark.parametrize(
    ("local", "domain"),
    [
        ("a>\r\nBcc: <b", "example.org"),
        ("a,b", "example.org"),
        ('"a', "example.org"),
        ("a", "example.org>, <b@example.org"),
        ("a", "Exämple.org"),
        ("", "example.org"),
        ("", ""),
        ("a\u2028b", "example.org"),
        ("a" * 65, "example.org"),
    ],
)
def test_an_address_that_was_never_checked_can_not_stand_in_a_header(local: str, domain: str) -> None:
    with pytest.raises(BadAddress):
        address_header_value(Address("", local, domain))
