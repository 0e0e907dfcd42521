"""Which URLs an owner may register, however they are spelt."""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from channels.https.guard import CLOSED_ADDRESS, ForbiddenTarget, Guard

GUARD = Guard()


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org",
        "https://hooks.example.org/a/b?c=d&e=%20",
        "https://hooks.example.org:443/",
        "https://hooks.example.org:8443/?q",
        "HTTPS://Hooks.Example.ORG/",
        "https://under_score.example.org/",
        "https://bücher.example/ü",
        "https://xn--bcher-kva.example/",
        "https://receiver/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://hooks.example.org/" + "a" * 1974,
        "https://hooks.example.org/a@b:c",
    ],
)
def test_public_https_urls_pass(url: str) -> None:
    GUARD.check_url(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://hooks.example.org/" + "a" * 1975, "2000 characters"),
        ("http://hooks.example.org/", "https://"),
        ("ftp://hooks.example.org/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https:hooks.example.org", "https://"),
        ("https:///path", "https://"),
        ("//hooks.example.org/", "https://"),
        ("hooks.example.org", "https://"),
        ("", "https://"),
        ("http\u017f://hooks.example.org/", "https://"),
        ("https://user@hooks.example.org/", "no user name"),
        ("https://user:pass@hooks.example.org/", "no user name"),
        ("https://@hooks.example.org/", "no user name"),
        ("https://8.8.8.8\\@127.0.0.1/", "https://"),
        ("https://127.0.0.1\\.example.org/", "https://"),
        ("https://hooks.example.org/#top", "fragment"),
        ("https://hooks.example.org#", "fragment"),
        ("https://hooks.example.org:80/", "port 80"),
        ("https://hooks.example.org:0/", "port 0"),
        ("https://hooks.example.org:22/", "443, 8443"),
        ("https://hooks.example.org:99999/", "spelling"),
        ("https://hooks.example.org:+443/", "https://"),
        ("https://hooks.example.org:4_43/", "https://"),
        ("https://hooks.example.org:٤٤٣/", "https://"),
        ("https://hooks.example.org:443:443/", "https://"),
        ("https://hooks.example.org:/", "https://"),
        ("https://hooks example.org/", "spaces"),
        ("https://hooks.example.org/a b", "spaces"),
        (" https://hooks.example.org/", "spaces"),
        ("https://hooks.example.org/\r\nHost: x", "invisible"),
        ("https://hooks.example.org/\x00", "invisible"),
        ("https://hooks.example.org/\u202e", "invisible"),
        ("https://hooks.example.org/\ud800", "invisible"),
        ("https://hooks.example.org./", "domain name"),
        ("https://hooks..example.org/", "domain name"),
        ("https://.example.org/", "domain name"),
        ("https://-hooks.example.org/", "domain name"),
        ("https://hooks*.example.org/", "domain name"),
        ("https://" + "a" * 64 + ".example.org/", "domain name"),
        ("https://" + "a." * 127 + "example/", "domain name"),
        ("https://hooks%2eexample.org/", "https://"),
        ("https://xn--a/", "spelling"),
        ("https://[::1/", "https://"),
        ("https://[::1]x/", "https://"),
        ("https://[v1.x]/", "https://"),
        ("https://[1.2.3.4]/", "spelling"),
        ("https://[:::]/", "public address"),
    ],
)
def test_other_urls_are_refused_with_a_message_that_says_what_to_change(url: str, message: str) -> None:
    with pytest.raises(ForbiddenTarget, match=message):
        GUARD.check_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "2130706433.",
        "0",
        "0x7f000001",
        "0x7f.0.0.1",
        "0X7F.1",
        "0x7f.0.0.0x1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.01",
        "127.0.0.256",
        "1.2.3.4.5",
        "example.0x1",
        "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ],
)
def test_odd_spellings_of_addresses_are_refused_with_one_general_message(host: str) -> None:
    with pytest.raises(ForbiddenTarget) as caught:
        GUARD.check_url(f"https://{host}/")
    assert str(caught.value) == CLOSED_ADDRESS


@pytest.mark.parametrize("host", ["[fe80::1%eth0]", "[fe80::1%25eth0]", "[2a00:1450::1%1]", "127.0.0.1%00.x"])
def test_zones_and_escapes_in_the_host_are_refused(host: str) -> None:
    with pytest.raises(ForbiddenTarget):
        GUARD.check_url(f"https://{host}/")


def test_an_operator_can_open_networks_and_ports() -> None:
    guard = Guard([ip_network("10.0.0.0/8"), ip_network("fd00::/8")], frozenset({9000}))
    guard.check_url("https://10.0.0.1:9000/")
    guard.check_url("https://[fd00::1]:8443/")
    for shut in ("https://11.0.0.1:9001/", "https://127.0.0.1:9000/", "https://[fc00::1]/"):
        with pytest.raises(ForbiddenTarget):
            guard.check_url(shut)


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0x7f.0.0.1", "8.8.8.8 ", "8.8.8.8\n", "8.8.8.8/32"])
def test_what_is_not_an_address_is_never_dialled(address: str) -> None:
    with pytest.raises(ForbiddenTarget):
        GUARD.check_address(address, 443)


def test_the_port_is_judged_when_dialling_too() -> None:
    with pytest.raises(ForbiddenTarget, match="port 25"):
        GUARD.check_address("8.8.8.8", 25)


_PIECES = st.sampled_from(
    [
        *(
            "https://",
            "HTTPS:",
            "http://",
            "//",
            "/",
            "\\",
            "?",
            "#",
            "@",
            ":",
            ".",
            "%",
            "[",
            "]",
            "::1",
            "::ffff:",
        ),
        *(
            "127.0.0.1",
            "8.8.8.8",
            "0x7f",
            "017",
            "2130706433",
            "localhost",
            "example.org",
            "xn--",
            "xn--a",
            "ü",
            "。",
        ),
        *(":443", ":8443", ":0", ":99999", "%25eth0", "%00", " ", "\t", "\x00", "\ud800", "\u200b", "a" * 64),
    ]
)
_URLS = (
    st.text()
    | st.text().map("https://".__add__)
    | st.lists(_PIECES).map("".join)
    | st.lists(_PIECES).map(lambda pieces: "https://" + "".join(pieces))
)


@given(_URLS)
@example("https://ﷺ/")
@example("https://xn--zzzzzzzzzz/")
@example("https://[::ffff:0:0:1.2.3.4]/")
def test_any_text_either_passes_with_sane_parts_or_is_refused(url: str) -> None:
    try:
        GUARD.check_url(url)
    except ForbiddenTarget:
        return
    assert len(url) <= 2000
    for parsed in (URL(url), urlsplit(url)):
        assert parsed.scheme == "https"
        assert parsed.port in {None, 443, 8443}
        assert not (parsed.user if isinstance(parsed, URL) else parsed.username)
        assert not parsed.fragment
    host = URL(url).raw_host
    assert host
    assert host.isascii()
    try:
        assert ip_address(host).is_global
    except ValueError:
        assert not host.split(".")[-1].isdecimal()
