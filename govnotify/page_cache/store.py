"""What is kept: so many octets and no more, those that were asked for last."""

import threading
from collections import OrderedDict

from govnotify.page_cache.entry import Entry
from govnotify.page_cache.key import Key


class Store:
    """Safe for the threads of a web process. `edition` counts how often everything was dropped."""

    def __init__(self, octets: int) -> None:
        self._most = octets
        self._held = 0
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._lock = threading.Lock()
        self.edition = 0

    @property
    def octets(self) -> int:
        return self._held

    def get(self, key: Key) -> Entry | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return entry

    def put(self, key: Key, entry: Entry, edition: int) -> None:
        """Keep it, unless everything was dropped since `edition`: it may have been written before what changed."""
        with self._lock:
            if edition != self.edition:
                return
            before = self._entries.pop(key, None)
            self._held += entry.size - (before.size if before else 0)
            self._entries[key] = entry
            while self._held > self._most:
                _, oldest = self._entries.popitem(last=False)
                self._held -= oldest.size

    def clear(self) -> None:
        with self._lock:
            self.edition += 1
            self._entries.clear()
            self._held = 0
