"""A feed, whatever it is written as."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.feeds.entries import Entry


@dataclass(frozen=True, slots=True)
class Feed:
    """Texts are plain, addresses absolute, times aware. The newest entry comes first."""

    id: str
    title: str
    description: str
    language: str
    page_url: str  # what people open
    own_url: str  # of this page of the feed, as it was asked for
    first_url: str
    next_url: str  # of the page with older entries; "" on the last
    icon_url: str
    updated: datetime
    entries: Sequence[Entry]
