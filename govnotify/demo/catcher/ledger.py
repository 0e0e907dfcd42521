"""Who got what, counted from the mails alone: the demo's proof that nobody was missed and nobody got two."""

import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field

CAMPAIGNS = 200  # remembered; then the oldest are forgotten


@dataclass(slots=True)
class Tally:
    """The mails of one campaign. Times are seconds since the epoch."""

    lane: str
    messages: int = 0
    first: float = field(default_factory=time.time)
    last: float = 0.0
    recipients: Counter[str] = field(default_factory=Counter)
    message_ids: set[str] = field(default_factory=set)

    def summary(self) -> dict[str, object]:
        return {
            "lane": self.lane,
            "messages": self.messages,
            "unique_recipients": len(self.recipients),
            "duplicates": self.recipients.total() - len(self.recipients),
            "unique_message_ids": len(self.message_ids),
            "first": self.first,
            "last": self.last,
        }


class Ledger:
    """Tallies by campaign, which for bulletins is the dispatch's number."""

    def __init__(self) -> None:
        self.messages = 0
        self._tallies: OrderedDict[str, Tally] = OrderedDict()

    def count(self, *, campaign: str, lane: str, message_id: str, recipients: list[str]) -> None:
        tally = self._tallies.get(campaign)
        if tally is None:
            tally = self._tallies[campaign] = Tally(lane)
            if len(self._tallies) > CAMPAIGNS:
                self._tallies.popitem(last=False)
        self.messages += 1
        tally.messages += 1
        tally.last = time.time()
        tally.recipients.update(recipients)
        tally.message_ids.add(message_id)

    def summary(self) -> dict[str, object]:
        """Every campaign in figures, without addresses."""
        return {
            "messages": self.messages,
            "campaigns": {key: tally.summary() for key, tally in self._tallies.items()},
        }

    def campaign(self, key: str) -> dict[str, object] | None:
        """One campaign with `recipients`, how often each address was written to; None: no mail of it came."""
        tally = self._tallies.get(key)
        return None if tally is None else {**tally.summary(), "recipients": dict(tally.recipients)}
