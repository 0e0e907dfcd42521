"""How often the public may ask for mail: counted in the cache, per hour.

The cache gone, everybody is let in: whether a mail goes out at all is decided by rows in the database.
"""

import ipaddress
import time

from django.conf import settings
from django.core.cache import cache

HOUR = 3_600
SIGN_INS_PER_ADDRESS_AND_HOUR = 5


class RateLimited(Exception):  # noqa: N818  named as what happened
    """Too many requests from one place. `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests, try again in {retry_after} s")
        self.retry_after = retry_after


def admit_sign_up(*, ip: str, mail_domain: str) -> None:
    """Count a sign-up. Raises RateLimited."""
    _admit("sign-up-ip", _network(ip), settings.SIGN_UPS_PER_IP_AND_HOUR)
    _admit("sign-up-domain", mail_domain, settings.SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR)


def admit_sign_in(*, ip: str, address_key: bytes) -> None:
    """Count a request for a sign-in link, whether or not the address is known. Raises RateLimited."""
    _admit("sign-in-ip", _network(ip), settings.SIGN_UPS_PER_IP_AND_HOUR)
    _admit("sign-in-address", address_key.hex(), SIGN_INS_PER_ADDRESS_AND_HOUR)


def _admit(what: str, whom: str, limit: int) -> None:
    hour, passed = divmod(int(time.time()), HOUR)
    key = f"limit:{what}:{whom}:{hour}"
    cache.add(key, 0, timeout=2 * HOUR)  # outlives its hour, so that it can't vanish before the next line
    if cache.incr(key) > limit:
        raise RateLimited(HOUR - passed)


def _network(ip: str) -> str:
    """One household of IPv6 has a whole /64 (RFC 6177): it counts as one."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
