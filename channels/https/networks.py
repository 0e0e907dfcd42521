"""The networks that nothing is ever sent to, and the IPv4 addresses that hide inside IPv6 ones.

An explicit table, because Python 3.11's `is_global` lets several of these pass. Sources: the IANA
special-purpose address registries (RFC 6890), and for IPv6 also RFC 4291 section 4: what lies outside
2000::/3 is not global unicast.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

REFUSED: dict[Network, str] = {
    ip_network(cidr): why
    for cidr, why in {
        "0.0.0.0/8": "this host, RFC 1122 3.2.1.3",
        "10.0.0.0/8": "private, RFC 1918",
        "100.64.0.0/10": "carrier-grade NAT, RFC 6598",
        "127.0.0.0/8": "loopback, RFC 1122 3.2.1.3",
        "168.63.129.16/32": "Azure metadata",
        "169.254.0.0/16": "link-local, RFC 3927",
        "172.16.0.0/12": "private, RFC 1918",
        "192.0.0.0/24": "protocol assignments, RFC 6890",
        "192.0.2.0/24": "documentation, RFC 5737",
        "192.88.99.0/24": "6to4 relay anycast, RFC 7526",
        "192.168.0.0/16": "private, RFC 1918",
        "198.18.0.0/15": "benchmarking, RFC 2544",
        "198.51.100.0/24": "documentation, RFC 5737",
        "203.0.113.0/24": "documentation, RFC 5737",
        "224.0.0.0/4": "multicast, RFC 5771",
        "240.0.0.0/4": "reserved and broadcast, RFC 1112 and RFC 8190",
        "::/128": "unspecified, RFC 4291 2.5.2",
        "::1/128": "loopback, RFC 4291 2.5.3",
        "::/96": "IPv4-compatible, RFC 4291 2.5.5.1",
        "::ffff:0:0/96": "IPv4-mapped, RFC 4291 2.5.5.2",
        "::ffff:0:0:0/96": "IPv4-translated, RFC 2765",
        "64:ff9b::/96": "NAT64, RFC 6052",
        "64:ff9b:1::/48": "local NAT64, RFC 8215",
        "100::/64": "discard, RFC 6666",
        "100:0:0:1::/64": "dummy prefix, RFC 9780",
        "::/3": "reserved, RFC 4291 4",
        "2001::/32": "Teredo, RFC 4380",
        "2001:2::/48": "benchmarking, RFC 5180",
        "2001:10::/28": "ORCHID, RFC 4843",
        "2001:20::/28": "ORCHIDv2, RFC 7343",
        "2001::/23": "protocol assignments, RFC 2928",
        "2001:db8::/32": "documentation, RFC 3849",
        "2002::/16": "6to4, RFC 3056",
        "3fff::/20": "documentation, RFC 9637",
        "4000::/2": "reserved, RFC 4291 4",
        "5f00::/16": "SRv6, RFC 9602",
        "8000::/1": "reserved, RFC 4291 4",
        "fc00::/7": "unique local, RFC 4193",
        "fe80::/10": "link-local, RFC 4291 2.5.6",
        "fec0::/10": "site-local, RFC 3879",
        "ff00::/8": "multicast, RFC 4291 2.7",
    }.items()
}

# These hand out the machine's own credentials, so that no allow-list opens them: whoever opens fc00::/7 for a
# private receiver did not mean fd00:ec2::254.
METADATA: frozenset[Address] = frozenset(
    {
        IPv4Address("100.100.100.200"),  # Alibaba
        IPv4Address("168.63.129.16"),  # Azure
        IPv4Address("169.254.169.254"),  # AWS, Azure, Google and others
        IPv4Address("169.254.170.2"),  # AWS, containers
        IPv4Address("192.0.0.192"),  # Oracle
        IPv6Address("fd00:ec2::254"),  # AWS
        IPv6Address("fd20:ce::254"),  # Google
    }
)

# Prefixes whose lowest 32 bits are an IPv4 address. The local-use NAT64 prefix may be divided in other ways
# (RFC 6052 2.2), which are not looked into: who opens it vouches for what its translator reaches.
_IPV4_AT_THE_END = tuple(
    IPv6Network(cidr) for cidr in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
_SIX_TO_FOUR, _TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}  # RFC 5214 6.1: any prefix, then this, then an IPv4 address


def is_refused(address: Address) -> bool:
    """Whether the table refuses this address as it stands; what it may embed is asked separately."""
    return address in METADATA or any(address in network for network in REFUSED)


def embedded(address: Address) -> Iterator[IPv4Address]:
    """Every IPv4 address that a translator or tunnel would take out of this IPv6 address."""
    if isinstance(address, IPv4Address):
        return
    number = int(address)
    if any(address in prefix for prefix in _IPV4_AT_THE_END) or (number >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        yield IPv4Address((number >> 80) & 0xFFFF_FFFF)
    if address in _TEREDO:
        yield IPv4Address((number >> 64) & 0xFFFF_FFFF)  # the server
        yield IPv4Address(~number & 0xFFFF_FFFF)  # the client, stored inverted (RFC 4380 4)
