"""Which way each lane's mail goes: its relays in order, or straight to the recipients' own servers."""

import asyncio
from typing import Protocol

from django.conf import settings

from alerts.lanes import HOUR, MINUTE, RULES, SECOND, Lane
from channels.direct import DirectOptions, DirectSender
from channels.smtp import Feed, Relay, Relays, SmtpPool

SCHEME_DIRECT = "mx"

# Seconds for which a relay that takes no mail comes after the others, by failures in a row.
RELAY_BACK_OFF: dict[Lane, tuple[float, ...]] = {
    Lane.EMERGENCY: (2 * SECOND, 5 * SECOND, 15 * SECOND, MINUTE),
    Lane.TRANSACTIONAL: (5 * SECOND, 15 * SECOND, MINUTE),
    Lane.ROUTINE: (5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE),
    Lane.DIGEST: (5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE),
}
# And for which a destination that can't be reached is left alone, where mail goes to it directly. Each deferral is
# followed by the lane's own retries, so these are of the length of those.
DESTINATION_BACK_OFF: dict[Lane, tuple[float, ...]] = {
    Lane.EMERGENCY: (2 * SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND),
    Lane.TRANSACTIONAL: (5 * SECOND, 15 * SECOND, MINUTE),
    Lane.ROUTINE: (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR),
    Lane.DIGEST: (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR),
}


class Route(Protocol):
    """What a lane's worker sends through. See channels.smtp.SmtpPool for what these promise."""

    async def send(self, feed: Feed) -> asyncio.Future[None]: ...

    def wake(self) -> None: ...

    async def close(self) -> None: ...


def open_route(lane: Lane) -> Route:
    """From the lane's own setting, or the one for all. Raises ValueError for what is no URL, without repeating it."""
    urls = _urls(lane)
    timeouts = RULES[lane].timeouts
    if not any(url.startswith(f"{SCHEME_DIRECT}:") for url in urls):
        pools = [
            SmtpPool(Relay.from_url(url), connections=settings.EMAIL_CONNECTIONS, timeouts=timeouts) for url in urls
        ]
        return Relays(pools, back_off=RELAY_BACK_OFF[lane])
    if len(urls) > 1:
        raise ValueError(f"{SCHEME_DIRECT}:// is a way of its own: no relay can stand beside it for one lane.")
    return DirectSender(DirectOptions.from_url(urls[0]), timeouts=timeouts, back_off=DESTINATION_BACK_OFF[lane])


def _urls(lane: Lane) -> list[str]:
    own: str = getattr(settings, f"EMAIL_URL_{lane.name}")
    return (own or settings.EMAIL_URL).replace(",", " ").split()
