"""The table of refused networks: each one's first and last address and the addresses just outside."""

from ipaddress import IPv4Network, IPv6Address, ip_address, ip_network

import pytest

from channels.https.guard import ForbiddenTarget, Guard
from channels.https.networks import METADATA, REFUSED, embedded

OPEN, SHUT, NONE = "open", "shut", "none"

# network: what holds for the address before it and after it, written down by hand
NEIGHBOURS = {
    "0.0.0.0/8": (NONE, OPEN),
    "10.0.0.0/8": (OPEN, OPEN),
    "100.64.0.0/10": (OPEN, OPEN),
    "127.0.0.0/8": (OPEN, OPEN),
    "168.63.129.16/32": (OPEN, OPEN),
    "169.254.0.0/16": (OPEN, OPEN),
    "172.16.0.0/12": (OPEN, OPEN),
    "192.0.0.0/24": (OPEN, OPEN),
    "192.0.2.0/24": (OPEN, OPEN),
    "192.88.99.0/24": (OPEN, OPEN),
    "192.168.0.0/16": (OPEN, OPEN),
    "198.18.0.0/15": (OPEN, OPEN),
    "198.51.100.0/24": (OPEN, OPEN),
    "203.0.113.0/24": (OPEN, OPEN),
    "224.0.0.0/4": (OPEN, SHUT),
    "240.0.0.0/4": (SHUT, NONE),
    "::/128": (NONE, SHUT),
    "::1/128": (SHUT, SHUT),
    "::/96": (NONE, SHUT),
    "::ffff:0:0/96": (SHUT, SHUT),
    "::ffff:0:0:0/96": (SHUT, SHUT),
    "64:ff9b::/96": (SHUT, SHUT),
    "64:ff9b:1::/48": (SHUT, SHUT),
    "100::/64": (SHUT, SHUT),
    "100:0:0:1::/64": (SHUT, SHUT),
    "::/3": (NONE, OPEN),
    "2001::/32": (OPEN, SHUT),
    "2001:2::/48": (SHUT, SHUT),
    "2001:10::/28": (SHUT, SHUT),
    "2001:20::/28": (SHUT, SHUT),
    "2001::/23": (OPEN, OPEN),
    "2001:db8::/32": (OPEN, OPEN),
    "2002::/16": (OPEN, OPEN),
    "3fff::/20": (OPEN, OPEN),
    "4000::/2": (OPEN, SHUT),
    "5f00::/16": (SHUT, SHUT),
    "8000::/1": (SHUT, NONE),
    "fc00::/7": (SHUT, SHUT),
    "fe80::/10": (SHUT, SHUT),
    "fec0::/10": (SHUT, SHUT),
    "ff00::/8": (SHUT, NONE),
}


def verdict(address: object) -> str:
    try:
        Guard().check_address(str(address), 443)
    except ForbiddenTarget:
        return SHUT
    return OPEN


def test_every_network_of_the_table_is_tested_here() -> None:
    assert set(NEIGHBOURS) == {str(network) for network in REFUSED}


@pytest.mark.parametrize(("cidr", "expected"), NEIGHBOURS.items())
def test_a_network_is_refused_from_its_first_to_its_last_address_and_no_further(
    cidr: str, expected: tuple[str, str]
) -> None:
    network = ip_network(cidr)
    first, last = network[0], network[-1]
    assert (verdict(first), verdict(last)) == (SHUT, SHUT)
    largest = 2**network.max_prefixlen - 1
    before = NONE if int(first) == 0 else verdict(first - 1)
    after = NONE if int(last) == largest else verdict(last + 1)
    assert (before, after) == expected


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]
)
def test_ordinary_public_addresses_are_open(address: str) -> None:
    assert verdict(address) == OPEN


@pytest.mark.parametrize("address", sorted(METADATA, key=str))
def test_metadata_addresses_stay_refused_even_when_everything_is_allowed(address: object) -> None:
    guard = Guard([ip_network("0.0.0.0/0"), ip_network("::/0")])
    guard.check_address("127.0.0.1", 443)
    with pytest.raises(ForbiddenTarget):
        guard.check_address(str(address), 443)


@pytest.mark.parametrize(
    ("address", "hidden"),
    [
        ("::127.0.0.1", ["127.0.0.1"]),
        ("::ffff:10.0.0.1", ["10.0.0.1"]),
        ("::ffff:0:10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b::169.254.169.254", ["169.254.169.254"]),
        ("64:ff9b:1::192.168.0.1", ["192.168.0.1"]),
        ("2002:7f00:1::1", ["127.0.0.1"]),
        ("2001:0:c000:201::f5ff:fffe", ["192.0.2.1", "10.0.0.1"]),
        ("2a00:1450::5efe:127.0.0.1", ["127.0.0.1"]),
        ("2a00:1450::200:5efe:127.0.0.1", ["127.0.0.1"]),
        ("2a00:1450::1", []),
        ("127.0.0.1", []),
    ],
)
def test_ipv4_addresses_inside_ipv6_ones_are_found(address: str, hidden: list[str]) -> None:
    assert [str(found) for found in embedded(ip_address(address))] == hidden


def test_a_public_address_with_a_private_one_inside_is_refused() -> None:
    assert verdict("2a00:1450::5efe:8.8.8.8") == OPEN
    assert verdict("2a00:1450::5efe:10.0.0.1") == SHUT


def test_opening_a_translator_does_not_open_what_lies_behind_it() -> None:
    guard = Guard([ip_network("64:ff9b::/96")])
    guard.check_address("64:ff9b::8.8.8.8", 443)
    for behind in ("127.0.0.1", "10.0.0.1", "169.254.169.254"):
        with pytest.raises(ForbiddenTarget):
            guard.check_address(f"64:ff9b::{behind}", 443)


def test_opening_a_network_does_not_open_its_ipv6_disguises() -> None:
    guard = Guard([ip_network("127.0.0.0/8")])
    guard.check_address("127.0.0.1", 443)
    for disguise in ("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::"):
        with pytest.raises(ForbiddenTarget):
            guard.check_address(disguise, 443)


def test_every_special_ipv4_network_that_python_knows_is_refused() -> None:
    # A second opinion: whatever the standard library calls not global, sampled by /16, must be shut here too.
    for number in range(0, 2**32, 2**16):
        address = IPv4Network((number, 16))[1]
        if not address.is_global or address.is_multicast:
            assert verdict(address) == SHUT, address


def test_an_address_with_a_zone_is_refused() -> None:
    assert verdict("2a00:1450::1%eth0") == SHUT
    assert verdict(IPv6Address("fe80::1%1")) == SHUT
