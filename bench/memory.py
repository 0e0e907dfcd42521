"""The memory of every process that takes part in a measurement, at its peak.

Of our own processes, and of the broker, it is the peak of the resident size, which the kernel keeps (VmHWM). That of
PostgreSQL's processes says nothing: each counts whatever it has touched of `shared_buffers` as its own, up to a quarter
of the machine. Of them it is their own memory (RssAnon). The kernel keeps no peak of that, so it is looked at twice
a second; a look at 28 processes takes 2 ms of a core, where `smaps_rollup` would walk through all of `shared_buffers`.
"""

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from bench.servers import processes_of
from govnotify.embedded import Child

LOOK_SECONDS = 0.5


class MemoryWatch:
    """Keeps the peaks of workers from their start, and of everybody else from the block's beginning, to its end.

    `peaks_mb` has them then. Under a worker's name it is the largest process of its pool, which does the work; `main`
    is the largest that a command starts: those load everything themselves, and would hide what grows in a pool.
    `publisher` is this process, `postgres` all of its processes together, and `postgres_process` the largest of them.
    """

    def __init__(self, workers: Mapping[str, Child], postgres: Child, valkey: Child) -> None:
        self._workers, self._postgres, self._valkey = workers, postgres, valkey
        self._all_mb = self._largest_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory")
        self.peaks_mb: dict[str, int] = {}

    def __enter__(self) -> Self:
        forget_peak()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        self.look()
        families = {name: processes_of(child) for name, child in self._workers.items()}
        peaks = {name: peak_rss_mb(pool or [main]) for name, (main, *pool) in families.items()}
        peaks["main"] = peak_rss_mb(main for main, *_ in families.values())
        peaks["publisher"] = peak_rss_mb([os.getpid()])
        peaks |= {"postgres": self._all_mb, "postgres_process": self._largest_mb}
        peaks["valkey"] = peak_rss_mb(processes_of(self._valkey))
        self.peaks_mb = {name: round(peak) for name, peak in peaks.items()}

    def look(self) -> None:
        """See what PostgreSQL's processes hold at this moment."""
        held = [private_mb(pid) for pid in processes_of(self._postgres)]
        self._all_mb = max(self._all_mb, sum(held))
        self._largest_mb = max(self._largest_mb, *held)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.look()


def peak_rss_mb(pids: Iterable[int]) -> float:
    """The largest of the processes' peak resident sizes, in MB."""
    return max(_status_mb(pid, "VmHWM") for pid in pids)


def private_mb(pid: int) -> float:
    """The process's own memory, without files and what is shared, in MB. 0 when it has ended."""
    return _status_mb(pid, "RssAnon")


def forget_peak() -> None:
    """Let the peak resident size of this process begin anew at what it is now (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def _status_mb(pid: int, field: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it ended since it was listed
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:")), 0.0)
