"""Addresses of visitors: as many networks as an attacker with a botnet has."""

from collections.abc import Iterator
from itertools import count, product

# One address, as many people would write it. The domain's labels in Unicode, decomposed and as A-labels.
DOMAINS = ("exämple.org", "EXÄMPLE.ORG", "exa\u0308mple.org", "xn--exmple-cua.org", "XN--EXMPLE-CUA.ORG")
LOCALS = ("carla.m", "Carla.M", "CARLA.M")
SPELLINGS = [f"{local}@{domain}" for local, domain in product(LOCALS, DOMAINS)]


def addresses() -> Iterator[str]:
    """One of IPv4 and one of IPv6 in turn, each in a network of its own, and the latter in a site of its own."""
    for number in count():
        high, low = divmod(number, 256)
        yield f"198.{18 + high // 256}.{high % 256}.{low}"
        yield f"2001:db8:{number % 65_536:x}:{number // 65_536:x}::{low:x}"
