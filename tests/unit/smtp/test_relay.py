"""Reading a relay's URL, and keeping its credentials."""

import pytest

from channels.smtp import Relay, Tls


def test_a_url_carries_everything() -> None:
    relay = Relay.from_url(
        "smtp://agency:p%40ss%3Aword@mail.example:2525?tls=starttls&ehlo=sender.example&ca_file=/etc/ca.pem&verify=0"
    )
    assert relay == Relay(
        "mail.example",
        2525,
        Tls.STARTTLS,
        "agency",
        "p@ss:word",
        ehlo_name="sender.example",
        ca_file="/etc/ca.pem",
        verify=False,
    )


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://mail.example", 25, Tls.NONE),
        ("smtp://mail.example?tls=starttls", 587, Tls.STARTTLS),
        ("smtps://mail.example", 465, Tls.IMPLICIT),
        ("smtp://[::1]:2525/", 2525, Tls.NONE),
    ],
)
def test_ports_follow_from_the_kind_of_tls(url: str, port: int, tls: Tls) -> None:
    relay = Relay.from_url(url)
    assert (relay.port, relay.tls) == (port, tls)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://mail.example", "smtp://"),
        ("mail.example", "smtp://"),
        ("smtp://", "host name"),
        ("smtp://mail.example:smtp", "port"),
        ("smtp://mail.example:99999", "port"),
        ("smtp://mail.example?tls=maybe", "tls=maybe"),
        ("smtps://mail.example?tls=none", "contradicts"),
        ("smtp://mail.example?tsl=starttls", "Unknown relay option tsl"),
        ("smtp://mail.example?verify=no", "verify=no"),
        ("smtp://mail.example/inbox", "no path"),
        ("smtps://user@mail.example", "both a user and a password"),
        ("smtps://user:pass%00word@mail.example", "NUL"),
        ("smtp://mail.example?ehlo=a%0D%0AMAIL", "greet"),
    ],
)
def test_a_wrong_url_says_what_is_wrong(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Relay.from_url(url)


def test_credentials_never_cross_the_network_in_clear() -> None:
    with pytest.raises(ValueError, match="tls=starttls") as caught:
        Relay.from_url("smtp://user:sesame@mail.example")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://user:sesame@mail.example?tls=starttls",
        "smtps://user:sesame@mail.example",
        "smtp://user:sesame@127.0.0.1",
        "smtp://user:sesame@[::1]",
        "smtp://user:sesame@localhost",
        "smtp://user:sesame@mail.example?insecure_auth=1",
    ],
)
def test_credentials_go_over_tls_to_loopback_or_where_the_operator_insists(url: str) -> None:
    assert Relay.from_url(url).username == "user"


def test_the_password_does_not_show() -> None:
    relay = Relay.from_url("smtps://user:sesame@mail.example")
    assert "sesame" not in f"{relay!r} {relay}"
