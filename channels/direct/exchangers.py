"""Which hosts take a domain's mail: MX records, or the domain's own address, kept as long as DNS allows."""

import random
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX

from channels.direct.options import DirectOptions
from channels.https.guard import ForbiddenTarget, Guard
from channels.outcome import Outcome, Reason, Verdict

LOOKUP_SECONDS = 10.0  # for one question, with the resolver's own repetitions
LEAST_TTL, MOST_TTL = 60.0, 3_600.0  # seconds: neither asked at each message nor remembered for days
FAILURE_TTL = 30.0
MOST_KNOWN = 10_000  # domains
MOST_ADDRESSES = 5  # tried for one domain: its first ones do, or none does

NO_SUCH_DOMAIN = Outcome(Verdict.PERMANENT, Reason.BAD_ADDRESS, "5.1.2", "The domain does not exist.")
NULL_MX = Outcome(Verdict.PERMANENT, Reason.BAD_ADDRESS, "5.1.10", "The domain takes no mail, as it says itself.")
NO_HOST = Outcome(Verdict.PERMANENT, Reason.REFUSED, "5.4.4", "The domain has neither a mail host nor an address.")
INSIDE = Outcome(
    Verdict.PERMANENT, Reason.FORBIDDEN_TARGET, "5.4.4", "The domain's mail hosts are not on the public internet."
)


class Unroutable(Exception):  # noqa: N818  named as what happened
    """There is no way to a domain, for now or for good: `outcome` says which."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class _Known:
    answer: list[str] | Outcome
    until: float


class Exchangers:
    """Asks DNS; belongs to one event loop."""

    def __init__(self, options: DirectOptions) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=options.dns is None)
        if options.dns is not None:
            address, self._resolver.port = options.dns
            self._resolver.nameservers = [address]
        self._resolver.lifetime = LOOKUP_SECONDS
        self._guard = Guard(options.allowed_networks, frozenset({options.port}))
        self._port = options.port
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def find(self, domain: str) -> list[str]:
        """Addresses of the domain's mail hosts, the preferred first. Raises Unroutable."""
        known = self._known.get(domain)
        if known is None or known.until < time.monotonic():
            known = self._known[domain] = await self._ask(domain)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        if isinstance(known.answer, Outcome):
            raise Unroutable(known.answer)
        return known.answer

    async def _ask(self, domain: str) -> _Known:
        try:
            addresses, ttl = await self._look_up(domain)
        except Unroutable as error:
            ttl = FAILURE_TTL if error.outcome.verdict is Verdict.TRANSIENT else LEAST_TTL
            return _Known(error.outcome, time.monotonic() + ttl)
        return _Known(addresses, time.monotonic() + min(max(ttl, LEAST_TTL), MOST_TTL))

    async def _look_up(self, domain: str) -> tuple[list[str], float]:
        try:
            hosts, ttl = await self._hosts(domain)
        except dns.resolver.NXDOMAIN:
            raise Unroutable(NO_SUCH_DOMAIN) from None
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise Unroutable(_no_answer(domain, error)) from None
        if hosts == ["."]:  # RFC 7505
            raise Unroutable(NULL_MX)
        found: list[str] = []
        failed: Outcome | None = None
        for host in hosts or [domain]:  # without MX the domain's own address: RFC 5321 section 5.1
            for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
                try:
                    answer = await self._resolver.resolve(host, kind, search=False)
                except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                    continue
                except (dns.exception.DNSException, OSError, UnicodeError) as error:
                    failed = _no_answer(host, error)
                    continue
                ttl = min(ttl, float(answer.rrset.ttl)) if answer.rrset is not None else ttl
                found += [record.to_text() for record in answer]
            if len(found) >= MOST_ADDRESSES:
                break
        if not found:
            raise Unroutable(failed or (_unusable(hosts) if hosts else NO_HOST))
        return self._open_ones(found)[:MOST_ADDRESSES], ttl

    async def _hosts(self, domain: str) -> tuple[list[str], float]:
        """Names by preference, in any order those of the same (RFC 5321 section 5.1); none where there is no MX."""
        try:
            answer = await self._resolver.resolve(domain, dns.rdatatype.MX, search=False)
        except dns.resolver.NoAnswer:
            return [], MOST_TTL
        records = [record for record in answer if isinstance(record, MX)]
        random.shuffle(records)
        records.sort(key=lambda record: record.preference)
        names = [record.exchange.to_text() for record in records]
        named = [name for name in names if name != "."]
        return named or ["."], float(answer.rrset.ttl) if answer.rrset is not None else LEAST_TTL

    def _open_ones(self, addresses: list[str]) -> list[str]:
        """Whoever owns a domain writes its records: they must not lead us to our own inside."""
        allowed = []
        for address in addresses:
            try:
                self._guard.check_address(ip_address(address), self._port)
            except ForbiddenTarget:
                continue
            allowed.append(address)
        if not allowed:
            raise Unroutable(INSIDE)
        return list(dict.fromkeys(allowed))


def _no_answer(name: str, error: Exception) -> Outcome:
    detail = f"DNS gave no answer about {name}: {type(error).__name__}."
    return Outcome(Verdict.TRANSIENT, Reason.CONNECTION, "4.4.3", detail[:200])


def _unusable(hosts: list[str]) -> Outcome:
    detail = f"The mail host {hosts[0]} has no address."
    return Outcome(Verdict.TRANSIENT, Reason.CONNECTION, "4.4.4", detail[:200])
