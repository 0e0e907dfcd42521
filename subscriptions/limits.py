"""How often the public may ask for mail: counted in the cache, per hour or day.

The cache gone, everybody is let in: whether a mail goes out at all is decided by rows in the database.
"""

import ipaddress
import re
import time

from django.conf import settings
from django.core.cache import cache

from channels.address import Address
from subscriptions.address_key import address_key_of

HOUR, DAY = 3_600, 86_400
SIGN_INS_PER_ADDRESS_AND_HOUR = 5
SPELLINGS_PER_MAILBOX_AND_DAY = 5  # name+tag@…: every tag is an address, with a mail a day of its own
SITES = 10  # networks of one site of IPv6 (a /48, RFC 6177) may ask as much as their limit, all together
_WITH_PORT = re.compile(r"\[?([0-9a-fA-F:.]*?)\]?(?::\d+)?", re.ASCII)  # as some proxies write it
WELCOMES_PER_UNKNOWN_HOST_AND_HOUR = 20  # of one at which no browser has ever answered: perhaps no push service at all


class RateLimited(Exception):  # noqa: N818  named as what happened
    """Too many requests from one place. `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests, try again in {retry_after} s")
        self.retry_after = retry_after


def admit_sign_up(*, ip: str, address: Address) -> None:
    """Count a sign-up. Raises RateLimited."""
    _admit_network("sign-up-ip", ip)
    _admit("sign-up-domain", address.domain, settings.SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR)
    _admit_spelling(address)


def admit_sign_in(*, ip: str, address_key: bytes) -> None:
    """Count a request for a sign-in link, whether or not the address is known. Raises RateLimited."""
    _admit_network("sign-in-ip", ip)
    _admit("sign-in-address", address_key.hex(), SIGN_INS_PER_ADDRESS_AND_HOUR)


def admit_browser(*, ip: str, host: str, is_known: bool) -> None:
    """Count a browser that asks to be welcomed at this push service. Raises RateLimited."""
    most = settings.BROWSERS_PER_PUSH_SERVICE_AND_HOUR if is_known else WELCOMES_PER_UNKNOWN_HOST_AND_HOUR
    _admit_network("browser-ip", ip)
    _admit("browser-host", host, most)


def _admit_network(what: str, ip: str) -> None:
    """Each network by itself, and a site of IPv6, which has 65,536 of them, as a whole."""
    network, site = _networks(ip)
    _admit(what, network, settings.SIGN_UPS_PER_IP_AND_HOUR)
    if site:
        _admit(f"{what}-site", site, SITES * settings.SIGN_UPS_PER_IP_AND_HOUR)


def _admit_spelling(address: Address) -> None:
    """Every new spelling of one mailbox counts, however often it is typed; the first ones can be typed all day."""
    typed = f"limit:spelling:{address_key_of(address.key).hex()}:{int(time.time()) // DAY}"
    if cache.get(typed) is None:
        _admit("mailbox", address_key_of(address.mailbox).hex(), SPELLINGS_PER_MAILBOX_AND_DAY, period=DAY)
        cache.set(typed, 1, timeout=2 * DAY)


def _admit(what: str, whom: str, limit: int, *, period: int = HOUR) -> None:
    number, passed = divmod(int(time.time()), period)
    key = f"limit:{what}:{whom}:{number}"
    cache.add(key, 0, timeout=2 * period)  # outlives its period, so that it can't vanish before the next line
    if cache.incr(key) > limit:
        raise RateLimited(period - passed)


def _networks(ip: str) -> tuple[str, str]:
    """What an address counts as: a household of IPv6 has a whole /64 (RFC 6177). And its site, "" for one of IPv4."""
    with_port = _WITH_PORT.fullmatch(ip) if ip.startswith("[") or ip.count(":") == 1 else None
    try:
        address = ipaddress.ip_address(with_port[1] if with_port else ip)
    except ValueError:
        return "unknown", ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:  # else all of IPv4 would be one network of a server that listens to both
            return _prefix(address, 64), _prefix(address, 48)
        address = address.ipv4_mapped
    return str(address), ""


def _prefix(address: ipaddress.IPv6Address, length: int) -> str:
    return str(ipaddress.IPv6Network((int(address), length), strict=False))
