"""Where mail goes: a relay's address, its TLS and our credentials, read from one URL."""

import enum
import ipaddress
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from channels.smtp.limits import NO_LIMITS, Limits

_LIMITS = ("connections", "messages", "rate")
_OPTIONS = frozenset({"tls", "ehlo", "ca_file", "verify", "insecure_auth", *_LIMITS})
_DOMAIN_OR_LITERAL = re.compile(r"[A-Za-z0-9._-]{1,255}|\[[A-Za-z0-9.:-]{2,253}\]")  # RFC 5321 section 4.1.2


class Tls(enum.StrEnum):
    """How the connection is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"  # RFC 3207; required: a relay that does not offer it gets no mail
    OPPORTUNISTIC = "opportunistic"  # RFC 7435: where it is offered, else in clear; for servers that nobody knows
    IMPLICIT = "implicit"  # RFC 8314 section 3: TLS from the first octet


_DEFAULT_PORTS = {Tls.NONE: 25, Tls.OPPORTUNISTIC: 25, Tls.STARTTLS: 587, Tls.IMPLICIT: 465}


def own_name() -> str:
    """The name we greet with where none is configured: the host's own, or an address literal (RFC 5321, 4.1.4)."""
    name = socket.gethostname()
    return name if "." in name and _DOMAIN_OR_LITERAL.fullmatch(name) else "[127.0.0.1]"


@dataclass(frozen=True, slots=True)
class Relay:
    """One SMTP server that takes mail for everybody. The password never shows in `repr` or in `str`."""

    host: str
    port: int
    tls: Tls = Tls.NONE
    username: str = ""
    password: str = field(default="", repr=False)
    ehlo_name: str = field(default_factory=own_name)
    ca_file: str | None = None  # PEM; None: the system's
    verify: bool = True
    insecure_auth: bool = False
    limits: Limits = NO_LIMITS

    @classmethod
    def from_url(cls, url: str, *, ehlo_name: str | None = None) -> Self:
        """`smtp://[user:password@]host[:port][?options]`, or `smtps://` for TLS from the first octet.

        Options: `tls=none|starttls|implicit`, `ehlo=NAME`, `ca_file=PATH`, `verify=0|1`, `insecure_auth=0|1`, and
        the limits of one sending process: `connections=N`, `messages=N` (per connection), `rate=N` (per second).
        User and password are percent-encoded. Ports default to 25, 587 (STARTTLS) and 465 (implicit).
        Raises ValueError, which never repeats the URL, as it holds a password.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"}:
            raise ValueError(f"A relay's URL begins with smtp:// or smtps://, not {parts.scheme or 'nothing'}://.")
        if parts.path not in {"", "/"} or parts.fragment:
            raise ValueError("A relay's URL has no path: smtp://user:password@host:port?tls=starttls.")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := sorted(options.keys() - _OPTIONS):
            raise ValueError(f"Unknown relay option {', '.join(unknown)}; there are {', '.join(sorted(_OPTIONS))}.")
        tls = _tls(parts.scheme, options)
        return cls(
            host=parts.hostname or "",
            port=_port(parts) or _DEFAULT_PORTS[tls],
            tls=tls,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            ehlo_name=options.get("ehlo") or ehlo_name or own_name(),
            ca_file=options.get("ca_file") or None,
            verify=_flag(options, "verify", default=True),
            insecure_auth=_flag(options, "insecure_auth", default=False),
            limits=limits_from(options),
        )

    def __post_init__(self) -> None:
        if not self.host or not self.host.isprintable() or " " in self.host:
            raise ValueError("The relay has no host name: smtp://host:port.")
        if not 0 < self.port < 65536:
            raise ValueError(f"The port of relay {self.host} must be 1 to 65535, not {self.port}.")
        if not _DOMAIN_OR_LITERAL.fullmatch(self.ehlo_name):
            raise ValueError(f"{self.ehlo_name!r} is no name to greet with: use a domain or [an address].")
        if bool(self.username) != bool(self.password):
            raise ValueError(f"Relay {self.host} needs both a user and a password, or neither.")
        if "\0" in self.username + self.password:  # it separates the fields of AUTH PLAIN (RFC 4616)
            raise ValueError(f"The credentials of relay {self.host} hold a NUL, which AUTH cannot carry.")
        if (
            self.username
            and self.tls in {Tls.NONE, Tls.OPPORTUNISTIC}
            and not (self.insecure_auth or _is_loopback(self.host))
        ):
            raise ValueError(
                f"The credentials of relay {self.host} would cross the network unencrypted: "
                "add ?tls=starttls, use smtps://, or insist with ?insecure_auth=1."
            )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def ssl_context(self) -> ssl.SSLContext:
        """A client context (TLS 1.2 and up). Raises OSError where `ca_file` cannot be read."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def limits_from(options: Mapping[str, str]) -> Limits:
    """The limits among a URL's options. Raises ValueError."""
    return Limits(
        connections=_whole(options, "connections"), messages=_whole(options, "messages"), rate=_number(options, "rate")
    )


def _whole(options: Mapping[str, str], name: str) -> int | None:
    value = options.get(name)
    if value is not None and not (value.isascii() and value.isdecimal()):
        raise ValueError(f"{name}={value} is no whole number.")
    return None if value is None else int(value)


def _number(options: Mapping[str, str], name: str) -> float | None:
    value = options.get(name)
    if value is not None and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        raise ValueError(f"{name}={value} is no number.")
    return None if value is None else float(value)


def _tls(scheme: str, options: Mapping[str, str]) -> Tls:
    named = options.get("tls", Tls.IMPLICIT if scheme == "smtps" else Tls.NONE)
    if named not in set(Tls):
        raise ValueError(f"tls={named} is unknown; there are {', '.join(Tls)}.")
    if scheme == "smtps" and named != Tls.IMPLICIT:
        raise ValueError(f"smtps:// is TLS from the first octet, tls={named} contradicts it: use smtp://.")
    return Tls(named)


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("The port in the relay's URL must be a number from 1 to 65535.") from None


def _flag(options: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = options.get(name, "1" if default else "0")
    if value not in {"0", "1"}:
        raise ValueError(f"{name}={value} is unknown; use {name}=1 or {name}=0.")
    return value == "1"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
