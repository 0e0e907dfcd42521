"""The side-by-side benchmark's command: a table, and one JSON object as its last line."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from bench.servers import Servers, own_servers

if TYPE_CHECKING:
    from bench.peers.contest import Result

OURS = 200_000  # about ten seconds, as the others have: of one or two, half would be the start of our workers
MOST = 20_000  # of which a slow one gets its share: the whole run ends within a quarter of an hour
HEADS = ("", "recipients", "seconds", "messages/s", "CPU µs each", "missing after kill -9", "twice after kill -9")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--recipients", type=int, default=OURS, help="ours; the others get a share of 20,000")
    arguments.add_argument("--only", default="", help="peers whose names contain this")
    arguments.add_argument("--mailman", action="store_true", help="Mailman 3 as well, which is slow")
    chosen = arguments.parse_args()
    with own_servers() as servers:
        ours, peers = run(chosen.recipients, chosen.only, servers, mailman=chosen.mailman)
    _show([ours, *peers])
    best = max((peer.rate for peer in peers), default=0)
    result = {
        "ours": asdict(ours),
        "peers": [asdict(peer) for peer in peers],
        "ratio_to_best": round(ours.rate / best, 1) if best else None,
    }
    print(json.dumps(result), flush=True)


def run(recipients: int, only: str, servers: Servers, *, mailman: bool) -> "tuple[Result, list[Result]]":
    """Us first, whose message the others then send; all on the same servers."""
    # Django reads its settings from the environment that the servers have just made.
    from bench.peers.contest import compete  # noqa: PLC0415
    from bench.peers.mailman_list import MailmanList  # noqa: PLC0415
    from bench.peers.ours import Ours  # noqa: PLC0415
    from bench.peers.packages import PACKAGES, Package  # noqa: PLC0415

    us = Ours(servers)
    ours = _told(compete(us, people=recipients, servers=servers))
    message = servers.folder / "message.json"
    us.sample(message)
    others: list[Package | MailmanList] = [package.use(servers, message) for package in PACKAGES]
    if mailman:
        others.append(MailmanList(servers, message))
    peers = []
    for peer in others:
        if only in peer.name:
            people = round(min(recipients, MOST) * peer.share)
            peers.append(_told(compete(peer, people=people, servers=servers)))
    return ours, peers


def _told(result: "Result") -> "Result":
    print(result, flush=True)
    return result


def _show(results: "Sequence[Result]") -> None:
    print("| " + " | ".join(HEADS) + " |")
    print("|---|" + "---:|" * (len(HEADS) - 1))
    for one in results:
        print(
            f"| {one.name} {one.version} | {one.recipients} | {one.seconds} | {one.rate} | {one.cpu_us_per_message} "
            f"| {one.missing_after_kill} | {one.duplicates_after_kill} |"
        )


if __name__ == "__main__":
    main()
