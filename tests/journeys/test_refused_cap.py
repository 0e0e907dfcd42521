"""What is no CAP 1.2 is refused with a reason, by the import and by a dry run, which has no server to ask."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from alerts.acts.importing import import_cap
from alerts.cap.reading import CapRefused
from alerts.models import Alert
from tests.integration.api.messages import cap
from tests.integration.staff.cast import a_topic, an_agency
from tests.journeys.messages import FOLDER, files

ROOT = Path(__file__).resolve().parents[2]
# Nobody listens on port 1: whoever asks the database, the broker or the mail server fails.
NO_SERVERS = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp://127.0.0.1:1",
}
needs_real = pytest.mark.skipif(not files("valid"), reason=f"SKIPPED: no real messages in {FOLDER}; our own are judged")
# The attack of google-xee.cap in our own words: a file and an address that a trusting reader would fetch.
HOSTILE = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE alert PUBLIC "-//A/B/EN" "http://localhost:8080/payload.dtd" [
<!ENTITY %% remote SYSTEM "http://localhost:8080/payload"> <!ENTITY secret SYSTEM "file:///etc/passwd"> %%remote;
]>
%s"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """The real file where it is at hand, else our own."""
    path = FOLDER / "invalid" / "google-xee.cap"
    if not path.exists():
        path = tmp_path / "hostile.xml"
        message = cap().partition(b"?>")[2].replace(b"Storm on the coast", b"Storm &secret;")
        path.write_bytes(HOSTILE % message)
    return path


def dry_run(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own command
        [sys.executable, "manage.py", "publish", "--dry-run", *paths],
        cwd=ROOT,
        env={**os.environ, **NO_SERVERS, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.django_db
@needs_real
def test_each_invalid_or_older_message_is_refused_with_a_reason() -> None:
    topic = a_topic(an_agency())
    for path in files("invalid", "other-version"):
        with pytest.raises(CapRefused) as refused:
            import_cap(agency=topic.agency, data=path.read_bytes(), topics=[topic], author=None)
        reasons = " ".join(refused.value.reasons)
        assert ("only CAP 1.2 is taken" in reasons) == (path.parent.name == "other-version"), path.name
        assert "line " in reasons or "DOCTYPE" in reasons, path.name
    assert not Alert.objects.exists()


@needs_real
def test_a_dry_run_takes_every_valid_message_with_its_warnings() -> None:
    paths = files("valid", "signature")
    done = dry_run(*paths)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split("  ")[:2] for line in lines] == [["ok", str(path)] for path in paths]
    odd = [line for line in lines if "  (warnings: " in line]
    assert len(odd) == 6
    assert not any("ended" in line or "not here" in line for line in lines)  # expired or orphaned is no reason


@needs_real
def test_a_dry_run_refuses_the_others_one_line_each_and_fails() -> None:
    refused = files("invalid", "other-version")
    done = dry_run(*refused, files("valid")[0])
    assert (done.returncode, done.stderr) == (1, f"CommandError: {len(refused)} of {len(refused) + 1} files refused\n")
    *bad, good = done.stdout.splitlines()
    assert good.startswith("ok  ")
    for path, line in zip(refused, bad, strict=True):
        state, named, reason = line.split("  ", 2)
        assert (state, named) == ("refused", str(path))
        assert len(reason) > 20


def test_an_attack_by_entities_opens_no_file_and_calls_nobody(hostile: Path, tmp_path: Path) -> None:
    """The same attack, aimed at a pipe and a port that are watched: who opens the pipe waits until the time is up."""
    pipe = tmp_path / "secret"
    os.mkfifo(pipe)
    aimed = tmp_path / "aimed.cap"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        text = hostile.read_bytes().replace(b"file:///etc/passwd", pipe.as_uri().encode())
        port = listener.getsockname()[1]
        aimed.write_bytes(text.replace(b"localhost:8080", f"127.0.0.1:{port}".encode()))
        done = dry_run(hostile, aimed)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert done.returncode == 1
    assert done.stdout.count("  the message has a DOCTYPE") == 2
    assert "root:" not in done.stdout + done.stderr


def test_a_dry_run_of_our_own_messages(tmp_path: Path) -> None:
    good, odd, old = (tmp_path / name for name in ("good.xml", "endless.xml", "old.xml"))
    good.write_bytes(cap().replace(b"</areaDesc>", b"</areaDesc><polygon>51,4 51,5 52,5 51,4</polygon>"))
    odd.write_bytes(cap(expires=""))
    old.write_bytes(cap().replace(b"cap:1.2", b"cap:1.1"))
    done = dry_run(good, odd, old)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0] == f"ok  {good}"
    assert lines[1].startswith(f"ok  {odd}  (warnings: info 1 (“en”) has no expires")
    assert lines[2].startswith(f"refused  {old}  ")
    assert "this is CAP 1.1" in lines[2]
