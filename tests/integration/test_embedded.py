"""The servers and children that the demo, the tests and the benchmarks start on this machine."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from govnotify.demo import clean
from govnotify.demo.servers import database_folder
from govnotify.embedded import Child, Postgres, Valkey

FAST = {"fsync": "off", "shared_buffers": "16MB", "max_connections": "10"}
PATIENCE = 120.0
STUBBORN = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "child = os.fork(); print(child, flush=True) if child else None; time.sleep(600)"
)
# A test process may have threads, and those must not be forked: what forks runs apart.
APART = """
import sys, threading, time
from pathlib import Path
from govnotify.embedded import Child, Forked
folder = Path(sys.argv[1])
"""
PARENT = """
run = Child("run", [sys.executable, "-c", "import time; time.sleep(600)"], log=folder / "run.log")
forked = Forked("forked", "timeit", ["-n", "1", "-r", "1", "import time; time.sleep(600)"], log=folder / "forked.log")
print(run.pid, forked.pid, flush=True)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Whether the process is there and more than a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(*pids: int) -> None:
    end = time.monotonic() + PATIENCE
    while any(map(is_running, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert [pid for pid in pids if is_running(pid)] == []


def run_apart(program: str, folder: Path) -> str:
    """What a program prints that is run in a process of its own."""
    command = [sys.executable, "-c", APART + program, str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)  # noqa: S603  ours
    return ended.stdout.strip()


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder, settings=FAST)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user reaches when root runs the tests, as pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="govnotify-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_children_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", APART + PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603  our own program
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert all(map(is_running, children))
        parent.kill()
    wait_until_gone(*children)


def test_a_child_that_will_not_stop_is_killed_with_its_own_children(tmp_path: Path) -> None:
    child = Child("stubborn", [sys.executable, "-c", STUBBORN], log=tmp_path / "log")
    while not child.last_words():
        time.sleep(0.02)
    child.stop(patience=0.1)
    assert child.process.poll() == -signal.SIGKILL
    wait_until_gone(int(child.last_words()))


def test_a_forked_module_has_its_arguments_its_log_and_its_exit_code(tmp_path: Path) -> None:
    fork = f"""
listed = Forked("list", "json.tool", ["--help"], log=folder / "good.log")
failed = Forked("fail", "json.tool", [str(folder / "missing.json")], log=folder / "bad.log")
lost = Forked("lost", "no_such_module", [], log=folder / "lost.log")
print(*(one.process.wait({PATIENCE}) for one in (listed, failed, lost)))
"""
    assert run_apart(fork, tmp_path) == "0 2 1"
    assert "usage: " in (tmp_path / "good.log").read_text()
    assert "missing.json" in (tmp_path / "bad.log").read_text()
    assert "No module named no_such_module" in (tmp_path / "lost.log").read_text()


def test_a_process_with_threads_is_not_forked(tmp_path: Path) -> None:
    fork = """
thread = threading.Thread(target=time.sleep, args=[0.2])
thread.start()
try:
    Forked("never", "this", [], log=folder / "log")
except RuntimeError as error:
    print(error)
"""
    assert run_apart(fork, tmp_path) == "never can't be forked from a process with threads: start it earlier."


def test_postgres_keeps_its_data_and_asks_for_its_password(open_folder: Path) -> None:
    (open_folder / "data.new").mkdir()  # what an interrupted start leaves
    with postgres(open_folder) as server, psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres")
    with postgres(open_folder) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    assert (open_folder / "password").stat().st_mode & 0o077 == 0


def test_a_postgres_that_cannot_start_says_why(open_folder: Path) -> None:
    server = Postgres(open_folder, settings={"no_such_setting": "on"})
    with pytest.raises(RuntimeError, match="no_such_setting"):
        server.start()
    server.stop()


def test_valkey_keeps_its_data(tmp_path: Path) -> None:
    for expected in (None, b"there"):
        server = Valkey(tmp_path)
        server.start()
        try:
            with redis.Redis.from_url(server.url()) as client:
                assert client.get("kept") == expected
                client.set("kept", "there")
        finally:
            server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user")
def test_root_finds_a_place_for_a_database_that_its_user_reaches(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    tmp_path.chmod(0o700)  # as /root is
    folder = database_folder(state)
    assert folder == database_folder(state)  # found again by the next start
    assert folder.parent == Path("/var/tmp")  # noqa: S108  made by mkdtemp
    with postgres(folder) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    clean.remove(state / "postgres")
    assert not folder.exists()
    assert not (state / "postgres").is_symlink()
