"""Looks a few times a second which connections wait too long for an answer, instead of at each message."""

import asyncio
import itertools
from collections.abc import Callable, Collection
from typing import cast

from channels.smtp.connection import Connection
from channels.smtp.envelope import Envelope
from channels.smtp.gate import Gate
from channels.smtp.slowness import MOST_LEAVING, PATROL_SECONDS, Slowness, domain_of
from channels.smtp.work import Work

UNPROVEN_SECONDS = 3.0  # as long a silence is a proof, too: a server that takes a breath is back before


async def patrol(
    work: Work,
    slowness: Slowness,
    working: Collection[Connection],
    slow: Collection[Connection],
    on_news: Callable[[Connection], None],
) -> None:
    """Until it is cancelled. `on_news` is told of a connection of `working` that turned slow, which it takes to `slow`,
    and of one of these that proves its domain to be slow."""
    answers = work.answers
    for rounds in itertools.count(1):
        await asyncio.sleep(PATROL_SECONDS)
        is_time = rounds % int(UNPROVEN_SECONDS / PATROL_SECONDS) == 0
        if is_time:
            slowness.credit = MOST_LEAVING
        slowness.adapt(work.answers - answers)
        answers = work.answers
        for connection in list(working):
            if connection.look() * PATROL_SECONDS >= slowness.patience:
                on_news(connection)
        for connection in list(slow):
            waited = connection.look() * PATROL_SECONDS
            for envelope in connection.session.carried:
                if _proves(envelope, waited, cast("Gate", connection.session.exchange).work, slowness):
                    slowness.proven.add(domain_of(envelope))
                    on_news(connection)
                elif _is_silent(envelope, waited, slowness) and (is_time or domain_of(envelope) not in slowness.silent):
                    slowness.silent.add(domain_of(envelope))
                    on_news(connection)


def _proves(envelope: Envelope, waited: float, work: Work, slowness: Slowness) -> bool:
    """Whether it is the domain that is slow, and not the server altogether.

    It is where more messages have been answered since this one began than can have been under way with it.
    """
    domain = domain_of(envelope)
    if domain in slowness.proven or domain not in slowness.domains:
        return False
    return work.overtakers(envelope) > 2 * slowness.connections


def _is_silent(envelope: Envelope, waited: float, slowness: Slowness) -> bool:
    domain = domain_of(envelope)
    return waited >= UNPROVEN_SECONDS and domain in slowness.domains and domain not in slowness.proven
