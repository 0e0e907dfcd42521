"""The memory that benchmarks report: peaks of processes that hold so much, and nobody's share of what several use."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.memory import MemoryWatch, peak_rss_mb, private_mb
from bench.servers import processes_of
from govnotify.embedded import Child

ROOT = Path(__file__).parents[2]
HELD = 64  # MB: several times an interpreter, and more than the allocator keeps when it is given back
HOLD = f"held = bytearray({HELD} << 20)"
SHARE = f"import mmap; shared = mmap.mmap(-1, {HELD} << 20); shared.write(bytes(len(shared)))"
TOLD = "import sys\nfor line in sys.stdin:\n    exec(line)\n    print(flush=True)"
# One of its threads has a process that holds as much as it does itself, which it gives back at SIGUSR1.
FAMILY = f"""
import os, signal, threading
hears, says = os.pipe()
def keep():
    if os.fork() == 0:
        {HOLD}
        os.write(says, b".")
        signal.pause()
    threading.Event().wait()
threading.Thread(target=keep, daemon=True).start()
os.read(hears, 1)
{HOLD}
def release(*_):
    global held
    del held
    print("released", flush=True)
signal.signal(signal.SIGUSR1, release)
print("holding", flush=True)
while True:
    signal.pause()
"""
ALONE = 'import signal; print("holding", flush=True); signal.pause()'


def test_a_peak_is_of_the_largest_process_and_outlives_what_was_held() -> None:
    with interpreter() as small, interpreter() as large:
        large.run(f"{HOLD}; del held")
        assert private_mb(large.pid) < HELD <= peak_rss_mb([small.pid, large.pid])
        assert peak_rss_mb([small.pid]) < HELD


def test_what_is_shared_is_in_the_peak_and_is_not_private() -> None:
    with interpreter() as one:
        one.run(SHARE)
        assert private_mb(one.pid) < HELD <= peak_rss_mb([one.pid])
        one.run(HOLD)
        assert private_mb(one.pid) >= HELD


def test_a_process_that_has_ended_holds_nothing() -> None:
    with interpreter() as one:
        pass
    assert private_mb(one.pid) == peak_rss_mb([one.pid]) == 0


def test_a_forgotten_peak_begins_anew() -> None:
    with interpreter() as one:
        one.run(f"sys.path.insert(0, {str(ROOT)!r}); from bench.memory import forget_peak")
        one.run(f"{HOLD}; del held")
        before = peak_rss_mb([one.pid])
        one.run("forget_peak()")
        assert peak_rss_mb([one.pid]) <= before - HELD / 2


def test_a_watch_keeps_what_was_held_meanwhile(tmp_path: Path) -> None:
    with started(tmp_path / "pool", FAMILY) as held:
        with MemoryWatch({"sender": held}, postgres=held, valkey=held) as memory:
            memory.look()
            os.kill(held.pid, signal.SIGUSR1)
            until_said(held, "released")
        assert memory.peaks_mb["postgres"] >= 2 * HELD
        assert HELD <= memory.peaks_mb["postgres_process"] < 2 * HELD
        assert HELD <= memory.peaks_mb["valkey"] < 2 * HELD


def test_a_pool_is_told_from_the_process_that_started_it(tmp_path: Path) -> None:
    with started(tmp_path / "pool", FAMILY) as held, started(tmp_path / "beat", ALONE) as alone:
        with MemoryWatch({"sender": held, "beat": alone}, postgres=held, valkey=held) as memory:
            pass
        main, *pool = processes_of(held)
        assert memory.peaks_mb["sender"] == round(peak_rss_mb(pool))
        assert memory.peaks_mb["main"] == round(peak_rss_mb([main]))
        assert 0 < memory.peaks_mb["beat"] == round(peak_rss_mb([alone.pid])) < HELD
        assert memory.peaks_mb["publisher"] > 0


class Interpreter:
    """Runs the lines that it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid, self._process = process.pid, process

    def run(self, line: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "\n"


@contextmanager
def interpreter() -> Iterator[Interpreter]:
    command, pipe = [sys.executable, "-c", TOLD], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603  ours
        yield Interpreter(process)
        process.communicate()


@contextmanager
def started(log: Path, program: str) -> Iterator[Child]:
    """The program, when it holds all that it will."""
    child = Child(log.name, [sys.executable, "-c", program], log=log)
    try:
        until_said(child, "holding")
        yield child
    finally:
        child.stop()


def until_said(child: Child, word: str) -> None:
    while word not in child.log.read_text():
        assert child.running, child.last_words()
        time.sleep(0.01)
