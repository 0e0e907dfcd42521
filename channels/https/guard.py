"""The guard against server-side request forgery: which URLs and which addresses we call for others.

`check_url` tells an owner early what is wrong with a URL. What protects is `check_address`, asked by the
client about every address at the moment it is dialled: names change what they point to, and parsers disagree
about spellings.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from yarl import URL

from channels.https.networks import METADATA, Address, Network, embedded, is_refused

MAX_URL = 2_000  # characters
STANDARD_PORTS = frozenset({443, 8443})
# One message for every refused address, so that nobody can map our networks with it.
CLOSED_ADDRESS = "Nothing is sent to this address: it must be a public address on the internet."

# RFC 3986 authority without user info and without zone ids. The URL library alone would also take ports like
# "+443", "4_43" and an empty user name.
_HTTPS_URL = re.compile(
    r"(https://(?:\[[0-9a-f:.]+\]|[^\[\]/?#@:\\%]+)(?::[0-9]{1,5})?)(?:[/?].*)?", re.ASCII | re.IGNORECASE
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# What resolvers read as a number and turn into an address: 2130706433, 0x7f.1, 127.0.0.1. (WHATWG URL 3.5)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class ForbiddenTarget(PermissionError):  # noqa: N818  named as what happened
    """A target that nothing is ever sent to; the message is for whoever named it, and general.

    An OSError, because the connector goes on to a name's next address after an OSError and after nothing else.
    """


class Guard:
    """Judges targets.

    `allowed_networks` opens what the table refuses (an operator's private receivers), but for the metadata
    addresses; `allowed_ports` adds to 443 and 8443.
    """

    def __init__(self, allowed_networks: Sequence[Network] = (), allowed_ports: frozenset[int] = frozenset()) -> None:
        self._allowed_networks = tuple(allowed_networks)
        self._ports = STANDARD_PORTS | allowed_ports
        # A batch of notifications is thousands of URLs of one or two origins. What is refused is not kept.
        self._check_origin = lru_cache(maxsize=1_000)(self._judge_origin)

    def check_url(self, url: str) -> None:
        """Raise ForbiddenTarget unless this URL may be called, as far as its text tells."""
        if len(url) > MAX_URL:
            raise ForbiddenTarget(f"The URL may have at most {MAX_URL} characters; this one has {len(url)}.")
        if not url.isprintable() or " " in url:
            raise ForbiddenTarget("The URL must not contain spaces or invisible characters.")
        if "#" in url:
            raise ForbiddenTarget("The URL must not contain a fragment (#…).")
        matched = _HTTPS_URL.fullmatch(url)
        if not matched:
            raise ForbiddenTarget("The URL must look like https://host/path, with no user name and no password.")
        self._check_origin(matched[1])

    def check_address(self, ip: str | Address, port: int) -> None:
        """Raise ForbiddenTarget unless this address and port, about to be dialled, are open."""
        self._check_port(port)
        try:
            address = ip_address(ip)
        except ValueError:
            raise ForbiddenTarget(CLOSED_ADDRESS) from None
        if not isinstance(address, IPv4Address) and address.scope_id is not None:
            raise ForbiddenTarget(CLOSED_ADDRESS)  # a zone id (RFC 4007) names one of our own interfaces
        for form in (address, *embedded(address)):
            if is_refused(form) and not self._is_opened(form):
                raise ForbiddenTarget(CLOSED_ADDRESS)

    def _judge_origin(self, origin: str) -> None:
        host, port = _host_and_port(origin)
        self._check_port(port)
        self._check_host(host, port)

    def _is_opened(self, address: Address) -> bool:
        return address not in METADATA and any(address in network for network in self._allowed_networks)

    def _check_port(self, port: int) -> None:
        if port not in self._ports:
            ports = ", ".join(str(allowed) for allowed in sorted(self._ports))
            raise ForbiddenTarget(f"Nothing is sent to port {port}; choose one of {ports}.")

    def _check_host(self, host: str, port: int) -> None:
        labels = host.split(".")
        if ":" in host or all(label.isdecimal() for label in labels):
            self.check_address(host, port)  # refuses every spelling of IPv4 but the canonical one
        elif _NUMBER.fullmatch(labels[-1]) or (not labels[-1] and _NUMBER.fullmatch(labels[-2])):
            raise ForbiddenTarget(CLOSED_ADDRESS)
        elif len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise ForbiddenTarget(
                "The host in the URL must be a domain name: letters, digits, hyphens and single dots."
            )


def _host_and_port(url: str) -> tuple[str, int]:
    """As the client will understand them: the host in A-labels (RFC 5891), lower case, without brackets."""
    try:
        parsed = URL(url)
        host, port = parsed.raw_host, parsed.port
        parsed.host  # noqa: B018  decodes the A-labels, which the client does too and which may fail
    except ValueError:
        host = port = None
    if not host or port is None:
        raise ForbiddenTarget("The host in the URL cannot be understood: check its spelling.")
    return host.lower(), port
