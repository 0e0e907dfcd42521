"""What operators say about destinations: which mail domains belong together, and how fast each lane may send there."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from agencies.audit import Actor, record
from alerts.lanes import Lane
from alerts.models import Allowance, Destination, DestinationDomain
from channels.address import BadAddress, parse_address

LIMITED = (Lane.EMERGENCY, Lane.ROUTINE, Lane.DIGEST)  # a sign-in link is one mail that somebody waits for


class BadLimit(ValueError):  # noqa: N818  named as what happened
    """The message says what is wrong and what would do."""


@transaction.atomic
def set_destination(*, name: str, domains: Iterable[str], rates: Mapping[Lane, float]) -> Destination:
    """Make the destination what is said here: these domains, these rates (messages per second), no limit elsewhere.

    Rates hold at once, also for what waits already; domains for what is published or still expanded from now on.
    Raises BadLimit.
    """
    spelled = _checked(name, domains, rates)
    destination, _ = Destination.objects.select_for_update().get_or_create(name=name)
    taken = DestinationDomain.objects.filter(domain__in=spelled).exclude(destination=destination).first()
    if taken is not None:
        raise BadLimit(f"{taken.domain} belongs to the destination {taken.destination}: take it out there first.")
    _write(destination, spelled, rates)
    return destination


@transaction.atomic
def remove_destination(*, name: str) -> None:
    """Lift all its limits; what waits for them goes out as fast as everything else. Raises BadLimit."""
    destination = Destination.objects.select_for_update().filter(name=name).first()
    if destination is None:
        raise BadLimit(f"There is no destination {name}.")
    _write(destination, set(), {})


def _checked(name: str, domains: Iterable[str], rates: Mapping[Lane, float]) -> set[str]:
    spelled = {_a_labels(domain) for domain in domains}
    if not name or not spelled or not rates:
        raise BadLimit(
            "A destination needs a name, a domain and a rate: set gmail --domain gmail.com --rate routine=50"
        )
    for lane, rate in rates.items():
        if lane not in LIMITED:
            raise BadLimit(
                f"The lane {lane.label} has no limits; these have: {', '.join(one.label for one in LIMITED)}."
            )
        if not 0 < rate < float("inf"):
            raise BadLimit(f"{rate:g} is no rate: give messages per second, above 0 (0.5 is one in two seconds).")
    return spelled


def _a_labels(domain: str) -> str:
    """As addresses at it are compared."""
    try:
        return parse_address(f"postmaster@{domain}", allow_special_domains=True).domain
    except BadAddress as error:
        raise BadLimit(f"{domain!r} is not a mail domain: give the part of addresses after the @.") from error


def _write(destination: Destination, domains: set[str], rates: Mapping[Lane, float]) -> None:
    before = _described(destination)
    destination.domains.exclude(domain__in=domains).delete()
    DestinationDomain.objects.bulk_create(
        (DestinationDomain(domain=domain, destination=destination) for domain in domains), ignore_conflicts=True
    )
    # A limit that is lifted keeps its row: deliveries and batches that carry the destination's number go by it.
    destination.allowances.exclude(lane__in=rates).update(rate=None)
    for lane, rate in rates.items():
        Allowance.objects.update_or_create(
            destination=destination, lane=lane, defaults={"rate": rate, "free_at": timezone.now()}
        )
    record(
        actor=Actor.of(None),
        verb="destination.limited" if rates else "destination.freed",
        target=destination,
        before=before,
        after=_described(destination),
    )


def _described(destination: Destination) -> dict[str, object]:
    limited = destination.allowances.exclude(rate=None).values_list("lane", "rate")
    return {
        "domains": sorted(destination.domains.values_list("domain", flat=True)),
        "rates": {Lane(lane).label: rate for lane, rate in limited},
    }
