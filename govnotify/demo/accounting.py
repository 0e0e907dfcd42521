"""Who should have got it against who really did, by what the catcher and the receiver counted themselves."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Q

from alerts.lanes import Channel, Lane
from alerts.models import Dispatch
from alerts.reports import ChannelProgress, progress
from channels.address import parse_address
from subscriptions.models import (
    Browser,
    BrowserSubscription,
    Endpoint,
    Frequency,
    Place,
    Subscriber,
    Subscription,
    Suppression,
)
from subscriptions.models.browser import EVERY_EMERGENCY


@dataclass(frozen=True, slots=True)
class Account:
    """One dispatch's mails. `strangers` got it and should not have; `first_ms` counts from publishing."""

    recipients: int
    sent: int
    failed: int
    duplicates: int
    missing: int
    strangers: int
    seconds: float
    first_ms: int | None

    @property
    def complete(self) -> bool:
        return not (self.failed or self.duplicates or self.missing or self.strangers)

    def figures(self) -> dict[str, object]:
        return {
            "recipients": self.recipients,
            "sent": self.sent,
            "failed": self.failed,
            "duplicates": self.duplicates,
            "missing": self.missing,
            "seconds": round(self.seconds, 3),
            "first_ms": self.first_ms,
        }


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`verified` are the expected deliveries whose signature the receiver found right, each once."""

    endpoints: int
    verified: int

    @property
    def complete(self) -> bool:
        return self.verified == self.endpoints

    def figures(self) -> dict[str, int]:
        return {"endpoints": self.endpoints, "verified_signatures": self.verified}


@dataclass(frozen=True, slots=True)
class Pushes:
    """`decrypted` are the expected notifications that the browsers could read, each once; `strangers` the uninvited."""

    browsers: int
    decrypted: int
    strangers: int

    @property
    def complete(self) -> bool:
        return self.decrypted == self.browsers and not self.strangers

    def figures(self) -> dict[str, int]:
        return {"browsers": self.browsers, "decrypted": self.decrypted}


def wanted_addresses(topics: Iterable[str], lane: Lane, about: str = "") -> set[str]:
    """Who should get a bulletin on the topics, as SMTP names them: a routine one those who asked to hear at once.

    `about` is the code of a place: then who chose no place, it, or one that lies in it or around it.
    """
    listening = Subscription.objects.current().filter(topic__slug__in=topics)
    if lane is Lane.ROUTINE:
        listening = listening.filter(frequency=Frequency.IMMEDIATE)
    suppressed = Suppression.objects.values("address_key")
    people = (
        Subscriber.objects.active().filter(pk__in=listening.values("subscriber")).exclude(address_key__in=suppressed)
    )
    if about:
        people = people.filter(_concerned(about))
    return {parse_address(email).envelope for email in people.values_list("email", flat=True)}


def wanted_endpoints(topics: Iterable[str]) -> list[Endpoint]:
    listening = Subscription.objects.current().filter(topic__slug__in=topics)
    return list(Endpoint.objects.active().filter(pk__in=listening.values("endpoint")))


def wanted_browsers(topics: Iterable[str], about: str = "") -> set[str]:
    """The demo's names of the browsers that should be told; `about`, of an alert, as for people."""
    following = BrowserSubscription.objects.filter(topic__slug__in=topics)
    if about:
        following |= BrowserSubscription.objects.filter(subject=EVERY_EMERGENCY)
    browsers = Browser.objects.active().filter(pk__in=following.values("browser"))
    if about:
        browsers = browsers.filter(_concerned(about))
    return {_name(endpoint) for endpoint in browsers.values_list("endpoint", flat=True)}


def _concerned(about: str) -> Q:
    here = Place.objects.get(code=about).path
    paths = dict(Place.objects.values_list("pk", "path"))
    concerned = [one for one, path in paths.items() if path.startswith(here) or here.startswith(path)]
    return Q(areas=None) | Q(areas__in=concerned)


def _name(url: str) -> str:
    """What the receiver knows an endpoint or a browser by."""
    return url.rsplit("/", 1)[1]


def account_by_catcher(catcher: str, dispatch: Dispatch, wanted: set[str]) -> Account:
    """The account by what really arrived. Only a failure, which leaves no mail, is told by the platform's rows."""
    caught = _get(f"{catcher}/status/{dispatch.pk}") or {"recipients": {}, "first": None, "last": None}
    counts: dict[str, int] = caught["recipients"]
    got = wanted & counts.keys()
    failed = _mail_rows(dispatch).failed
    published = dispatch.cut_off.timestamp()
    return Account(
        recipients=len(wanted),
        sent=len(got),
        failed=failed,
        duplicates=sum(counts.values()) - len(counts),
        missing=len(wanted) - len(got) - failed,
        strangers=len(counts.keys() - wanted),
        seconds=caught["last"] - published if counts else 0.0,
        first_ms=round((caught["first"] - published) * 1000) if counts else None,
    )


def account_by_rows(dispatch: Dispatch, wanted: set[str]) -> Account:
    """The platform's own account, for mail that goes to a relay of yours: nobody here can look into that."""
    rows, whole = _mail_rows(dispatch), progress(dispatch)
    return Account(
        recipients=len(wanted),
        sent=rows.sent,
        failed=rows.failed,
        duplicates=0,
        missing=max(len(wanted) - rows.sent - rows.failed, 0),
        strangers=max(rows.sent + rows.failed - len(wanted), 0),
        seconds=whole.seconds,
        first_ms=whole.first_ms,
    )


def account_of_webhooks(receiver: str, certificate: Path, wanted: dict[Dispatch, list[Endpoint]]) -> Webhooks:
    """How many of the deliveries to these endpoints the receiver got with a right signature."""
    status = _status(receiver, certificate)
    expected = [(endpoint, dispatch) for dispatch, endpoints in wanted.items() for endpoint in endpoints]
    verified = 0
    for endpoint, dispatch in expected:
        received = status["endpoints"].get(_name(endpoint.url), {}).get("received", {})
        verified += f"msg_{dispatch.pk}_{endpoint.pk}" in received
    return Webhooks(endpoints=len(expected), verified=verified)


def account_of_pushes(receiver: str, certificate: Path, wanted: dict[Dispatch, set[str]]) -> Pushes:
    """How many of these notifications the receiver's browsers were shown, and were shown once."""
    browsers = _status(receiver, certificate)["browsers"]
    decrypted = strangers = 0
    for dispatch, names in wanted.items():
        shown = {name for name, screen in browsers.items() if len(screen["shown"].get(f"d{dispatch.pk}", ())) == 1}
        decrypted, strangers = decrypted + len(names & shown), strangers + len(shown - names)
    return Pushes(sum(map(len, wanted.values())), decrypted, strangers)


def _status(receiver: str, certificate: Path) -> dict[str, Any]:
    found = _get(f"{receiver}/status", ssl.create_default_context(cafile=certificate))
    return found or {"endpoints": {}, "browsers": {}}


def _mail_rows(dispatch: Dispatch) -> ChannelProgress:
    whole = progress(dispatch)
    nothing = ChannelProgress(Channel.EMAIL.label, 0, 0, 0, 0, 0, 0, None, None)
    return next((part for part in whole.channels if part.name == Channel.EMAIL.label), nothing)


def _get(url: str, context: ssl.SSLContext | None = None) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(url, context=context, timeout=30) as answer:  # noqa: S310  our own addresses
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        return None
    return found
