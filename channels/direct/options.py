"""How mail goes straight to its destinations, read from one URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from channels.smtp.limits import Limits
from channels.smtp.relay import limits_from, own_name

_OPTIONS = frozenset({"dns", "port", "tls", "ehlo", "allow", "connections", "messages", "rate"})
CONNECTIONS = 2  # to one destination; more is taken ill by strangers
MESSAGES = 100  # on each of them
_FORM = "mx://?dns=127.0.0.1:53&connections=2"


@dataclass(frozen=True, slots=True)
class DirectOptions:
    """The limits hold for each destination and each sending process."""

    limits: Limits = Limits(connections=CONNECTIONS, messages=MESSAGES)  # noqa: RUF009  frozen
    dns: tuple[str, int] | None = None  # a resolver of one's own; None: the system's
    port: int = 25
    opportunistic_tls: bool = True  # RFC 7435: encrypted where the server can, and in clear where it can't
    ehlo_name: str = field(default_factory=own_name)
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # private ones that mail may go to all the same

    @classmethod
    def from_url(cls, url: str) -> Self:
        """`mx://?options`: `dns=ADDRESS[:PORT]`, `port=N`, `tls=opportunistic|none`, `ehlo=NAME`, `allow=NETWORK+…`,
        `connections=N`, `messages=N` (per connection), `rate=N` (per second).

        Raises ValueError.
        """
        parts = urlsplit(url)
        if parts.scheme != "mx" or parts.netloc or parts.path not in {"", "/"} or parts.fragment:
            raise ValueError(f"Mail straight to its destinations is set by {_FORM}, with no host.")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := sorted(options.keys() - _OPTIONS):
            raise ValueError(f"Unknown option {', '.join(unknown)} of mx://; there are {', '.join(sorted(_OPTIONS))}.")
        given = limits_from(options)
        return cls(
            limits=Limits(given.connections or CONNECTIONS, given.messages or MESSAGES, given.rate),
            dns=_resolver(options.get("dns", "")),
            port=_port(options.get("port", "25")),
            opportunistic_tls=_tls(options),
            ehlo_name=options.get("ehlo") or own_name(),
            allowed_networks=tuple(
                ip_network(name) for name in options.get("allow", "").replace(" ", "+").split("+") if name
            ),
        )


def _resolver(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    address, port = text, "53"
    if text.startswith("["):  # [IPv6]:port
        address, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    return str(ip_address(address)), _port(port)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65536):
        raise ValueError(f"{text} is no port: use a number from 1 to 65535.")
    return int(text)


def _tls(options: Mapping[str, str]) -> bool:
    value = options.get("tls", "opportunistic")
    if value not in {"opportunistic", "none"}:
        raise ValueError(f"tls={value} is unknown to mx://; there are opportunistic and none.")
    return value == "opportunistic"
