"""The demo, as `make demo` runs it: one command, everything real, nothing left behind."""

import dataclasses
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from django.db import connection

from agencies.models import Agency
from alerts.lanes import Lane
from alerts.models import Dispatch
from govnotify.demo import clean
from govnotify.demo.accounting import account_by_catcher
from govnotify.demo.catcher.store import MailStore
from govnotify.demo.ports import chosen_ports
from govnotify.demo.state import InUse, State
from govnotify.embedded import free_port
from tests.integration.test_demo_catcher import catcher, mail, send
from tests.integration.test_embedded import wait_until_gone

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0
FIGURES = {"recipients", "sent", "failed", "duplicates", "missing", "seconds", "first_ms"}
PEOPLE = 2_000


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that PostgreSQL's own user reaches when root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="govnotify-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state"


def environment(state: Path, port: int = 0) -> dict[str, str]:
    servers = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "ONCE", "MAKELEVEL"}
    kept = {name: value for name, value in os.environ.items() if name not in servers}
    return kept | {"STATE": str(state), "PORT": str(port)}


def run(arguments: list[str], env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run Python with these arguments in the checkout, to its end."""
    return subprocess.run(  # noqa: S603  our own modules
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def staying(state: Path, *, until: str, port: int = 0) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A demo that stays, and what it printed up to the line with `until`."""
    command = [sys.executable, "-u", "-m", "govnotify.demo"]
    with subprocess.Popen(  # noqa: S603  our own module
        command, cwd=ROOT, env=environment(state, port), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        printed = ""
        try:
            for line in process.stdout:
                printed += line
                if until in line:
                    break
            assert until in printed, printed
            yield process, printed
        finally:
            process.terminate()


def end(process: "subprocess.Popen[str]", sign: signal.Signals) -> int:
    """Send the signal; every process of the demo must go. Its exit code."""
    everybody = family(process.pid)
    assert len(everybody) > 20
    process.send_signal(sign)
    process.communicate(timeout=PATIENCE)
    wait_until_gone(*everybody)
    return process.returncode


def family(pid: int) -> list[int]:
    """The process and all that descend from it; what has ended since it was listed has no children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        children = []
    return [pid, *(one for child in children for one in family(int(child)))]


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  the demo's own page
        text: str = answer.read().decode()
        return text


def look_around(printed: str) -> None:
    """The pages that the demo names are there, and its people can sign in."""
    site, mails = (
        re.findall(rf"^{name}: +(http://\S+?)/ ", printed, re.MULTILINE)[0] for name in ("Citizens", "Mails")
    )
    assert read(f"{site}/health/live/") == "alive\n"
    assert "Identity cards can be renewed by post from 1 March" in read(f"{site}/archive/")
    campaigns = json.loads(read(f"{mails}/status"))["campaigns"]
    assert {campaign["lane"] for campaign in campaigns.values()} == {"routine", "emergency"}
    assert f'<a href="{site}/u/' in read(f"{mails}/mails/1")  # its link to unsubscribe leads to the web server
    email, password = re.findall(r"^  (publisher@\S+) +(\S+)", printed, re.MULTILINE)[0]
    assert signs_in(site, email, password)
    assert not signs_in(site, email, "wrong")


def signs_in(site: str, email: str, password: str) -> bool:
    """Whether the sign-in form lets them on to the staff pages."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = f"{site}/staff/sign-in/login/"
    with browser.open(page, timeout=30) as answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())
    assert token is not None
    fields = {"csrfmiddlewaretoken": token[1], "login": email, "password": password}
    with browser.open(page, urllib.parse.urlencode(fields).encode(), timeout=30) as answer:
        return "login" not in answer.url


def test_the_life_of_a_demo(state: Path) -> None:
    """One story instead of four tests: every start takes what ten processes take."""
    first_start_serves_until_ctrl_c_on_another_port_than_one_that_is_taken(state)
    secrets = (state / "secrets.json").read_text()
    emergencies = a_start_with_once_accounts_for_every_delivery(state)
    kept = MailStore(state / "mails")
    kept.close()
    assert len(kept) == 2 * (PEOPLE + emergencies)
    assert (state / "secrets.json").read_text() == secrets
    with staying(state, until="Everything runs") as (process, _):
        assert end(process, signal.SIGKILL) == -signal.SIGKILL
    with staying(state, until="Everything runs") as (process, _):
        assert end(process, signal.SIGTERM) == 0
    run([clean.__file__, str(state)])
    assert not state.exists()


def first_start_serves_until_ctrl_c_on_another_port_than_one_that_is_taken(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with staying(state, until="Ctrl-C ends it", port=port) as (process, printed):
            assert f"Port {port} is taken: the web server uses " in printed
            look_around(printed)
            assert end(process, signal.SIGINT) == 0


def a_start_with_once_accounts_for_every_delivery(state: Path) -> int:
    """How many an emergency reaches."""
    once = run(["-m", "govnotify.demo", "--once"], environment(state))
    assert once.returncode == 0, once.stdout + once.stderr
    figures = json.loads(once.stdout.splitlines()[-1])
    assert set(figures) == {"routine", "emergency", "webhooks", "pushes", "setup_seconds"}
    for lane in ("routine", "emergency"):
        assert set(figures[lane]) == FIGURES
        assert figures[lane]["recipients"] == figures[lane]["sent"] > 1_000
        assert [figures[lane][fault] for fault in ("failed", "duplicates", "missing")] == [0, 0, 0]
    assert figures["routine"]["recipients"] == PEOPLE
    assert figures["webhooks"] == {"endpoints": 20, "verified_signatures": 20}
    assert figures["pushes"] == {"browsers": 8, "decrypted": 8}
    emergencies: int = figures["emergency"]["recipients"]
    return emergencies


def test_a_second_demo_on_the_same_folder_is_told_so(state: Path) -> None:
    with State(state), pytest.raises(InUse, match="already running"):
        State(state)
    with State(state):
        second = run(["-m", "govnotify.demo"], environment(state))
        assert second.returncode == 1
        assert f"A demo is already running on {state}" in second.stdout
        refused = run([clean.__file__, str(state)])
        assert (refused.returncode, "stop it with Ctrl-C" in refused.stderr) == (1, True)


def test_cleaning_leaves_what_no_demo_made(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    run([clean.__file__, str(tmp_path)])
    with State(tmp_path) as state:
        state.secrets.get("anything")
    run([clean.__file__, str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_secrets_are_made_once_and_read_by_their_owner_only(tmp_path: Path) -> None:
    with State(tmp_path) as state:
        made = state.secrets.get("SECRET_KEY")
    with State(tmp_path) as state:
        assert state.secrets.get("SECRET_KEY") == made
        assert state.private_folder("mails").stat().st_mode & 0o077 == 0
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_ports_that_are_taken_are_replaced_and_that_is_said() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with chosen_ports(web=port, say=said.append) as chosen:
            assert chosen.web != port
    assert said[0] == f"Port {port} is taken: the web server uses {chosen.web}."


def test_two_demos_that_start_at_once_choose_different_ports() -> None:
    """The servers of neither listen yet."""
    port = free_port()
    with chosen_ports(web=port, say=print) as first, chosen_ports(web=port, say=print) as second:
        assert first.web == port
        assert not set(dataclasses.astuple(first)) & set(dataclasses.astuple(second))
    with chosen_ports(web=port, say=print) as later:
        assert later.web == port


@pytest.mark.django_db(transaction=True)
def test_a_database_with_other_agencies_is_left_alone(state: Path) -> None:
    Agency.objects.create(slug="real", name="A real agency", from_address="a@b.example", reply_address="a@b.example")
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(connection.settings_dict)
    own = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "govnotify.settings"}
    ended = run(["-m", "govnotify.demo.data", str(state), "8443", "8025"], environment(state) | own)
    assert ended.returncode == 1
    assert "holds agencies that the demo did not make" in ended.stderr
    assert [agency.slug for agency in Agency.objects.all()] == ["real"]


@pytest.mark.django_db
def test_the_account_tells_who_was_missed_who_got_two_and_who_was_not_invited(tmp_path: Path) -> None:
    agency = Agency.objects.create(slug="city", name="City", from_address="a@b.example", reply_address="a@b.example")
    dispatch = Dispatch.objects.create(
        agency=agency, period="daily", lane=Lane.DIGEST, month="2026-11-01", cut_off="2026-11-21T12:00:00Z"
    )
    dispatch.refresh_from_db()
    with catcher(tmp_path / "mails") as running:
        site = f"http://127.0.0.1:{running.web_port}"
        nothing = account_by_catcher(site, dispatch, {"ada@example.org"})
        message = mail(campaign=str(dispatch.pk))
        send(running, message, "ada@example.org", "ben@example.org", "ben@example.org", "stranger@example.org")
        account = account_by_catcher(site, dispatch, {"ada@example.org", "ben@example.org", "carla@example.org"})
    assert (nothing.missing, nothing.first_ms, nothing.complete) == (1, None, False)
    assert (account.recipients, account.sent, account.missing) == (3, 2, 1)
    assert (account.duplicates, account.strangers, account.complete) == (1, 1, False)
    assert account.first_ms == round(account.first_ms or 0) > 0


ENDED_INSIDE_EXEC = """
import signal
from govnotify.demo import __main__ as demo
signal.signal(signal.SIGTERM, demo._end)
try:
    exec("signal.raise_signal(signal.SIGTERM)")
except demo.Ended:
    print("caught")
"""


def test_a_signal_during_an_import_ends_it_in_order_too() -> None:
    """CPython ends by SIGINT after a KeyboardInterrupt that came inside an `exec`, and every dataclass has some."""
    command = [sys.executable, "-c", ENDED_INSIDE_EXEC]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert (ended.returncode, ended.stdout) == (0, "caught\n"), ended.stderr
