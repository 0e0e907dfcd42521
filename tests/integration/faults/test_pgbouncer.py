"""PgBouncer between us and PostgreSQL, in transaction mode: only who listens for changes needs a session of its own."""

import os
import pwd
import socket
import time
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections

from alerts.partitions import OldPartition, drop, ensure_month
from govnotify.embedded import Child, free_port
from govnotify.lib.database import query
from govnotify.lib.queues import Queue
from govnotify.page_cache.changes import Changes
from govnotify.processes import beat, worker
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, doubled, has_reached
from tests.integration.page_cache.web import until

SERVER = which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
NEEDED = "PGBOUNCER IS NOT TRIED: this machine has no package pgbouncer (apt install pgbouncer)"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.skipif(SERVER is None, reason=NEEDED)]
POOLS = {"others": 3, "emergency": 2}  # connections to PostgreSQL, for processes that hold a dozen to PgBouncer
LONG_AGO = date(2020, 1, 1)
# docs/scaling.md says the same; a test below compares them.
SETTINGS = {
    "auth_type": "scram-sha-256",
    "pool_mode": "transaction",
    "ignore_startup_parameters": "options",
    "idle_transaction_timeout": "30",
}


@pytest.fixture
def pgbouncer(tmp_path: Path) -> Iterator[str]:
    """Its address as DATABASE_URL has it, but for the name of the pool."""
    real = connections["default"].settings_dict
    port = free_port()
    folder = tmp_path / "pgbouncer"
    folder.mkdir()
    (folder / "users").write_text(f'"{real["USER"]}" "{real["PASSWORD"]}"\n')
    own = {
        "listen_addr": "127.0.0.1", "listen_port": str(port), "unix_socket_dir": "",
        "auth_file": "users", **SETTINGS,
    }  # fmt: skip
    lines = [f"{name} = {value}" for name, value in own.items()]
    database = f"host={real['HOST']} port={real['PORT']} dbname={real['NAME']}"
    pools = [f"{name} = {database} pool_size={size}" for name, size in POOLS.items()]
    (folder / "pgbouncer.ini").write_text("\n".join(["[databases]", *pools, "[pgbouncer]", *lines, ""]))
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None  # it refuses to run as root
    if user is not None:
        _let_pass(folder)
    assert SERVER is not None
    child = Child("pgbouncer", [SERVER, "pgbouncer.ini"], log=tmp_path / "pgbouncer.log", user=user, cwd=folder)
    try:
        _wait_until_it_listens(child, port)
        yield f"postgresql://{real['USER']}:{real['PASSWORD']}@127.0.0.1:{port}/"
    finally:
        child.stop()


def test_bulletin_and_alert_go_out_through_a_pool_of_transactions(
    platform: Platform, pgbouncer: str, inbox: Inbox
) -> None:
    """Claims, records, expansion, the emergency watch, housekeeping with its advisory locks: all through the pool."""
    topic, people = a_crowd("water", 2_000)
    other, others = a_crowd("fire", 200)
    platform.environment["DATABASE_URL"] = pgbouncer + "emergency"
    platform.start(worker(Queue.EMERGENCY))
    platform.environment["DATABASE_URL"] = pgbouncer + "others"
    platform.start(worker(Queue.ROUTINE), worker(Queue.HOUSEKEEPING), beat())
    bulletin = a_bulletin_sent(topic)
    platform.wait_until(lambda: len(inbox.mails) >= 200, "200 mails")
    alert = an_alert_sent(other)
    most = 0

    def all_reached() -> bool:
        nonlocal most
        most = max(most, sessions())
        return has_reached(bulletin, people) and has_reached(alert, others)

    platform.wait_until(all_reached, "bulletin and alert have gone out")
    assert doubled(inbox.recipients(), people | others) == 0
    assert 0 < most <= sum(POOLS.values())


def test_old_months_are_dropped_through_a_pool_and_a_reader_delays_that(
    pgbouncer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = connections["default"].settings_dict
    direct = psycopg.conninfo.make_conninfo(
        host=real["HOST"], port=real["PORT"], dbname=real["NAME"], user=real["USER"], password=real["PASSWORD"]
    )
    ensure_month(LONG_AGO)
    connection.close()
    with monkeypatch.context() as through:
        through.setitem(real, "PORT", urlsplit(pgbouncer).port)
        through.setitem(real, "NAME", "others")
        try:
            with psycopg.connect(direct) as reader:
                reader.execute("TABLE alerts_delivery")
                assert drop(OldPartition(f"alerts_delivery_{LONG_AGO:%Y_%m}", is_in_use=False)) is False
            call_command("retention", stdout=(said := StringIO()))
            assert query("SHOW lock_timeout", {}) == [("0",)]
        finally:
            connection.close()
    assert {"alerts_delivery_2020_01 dropped", "alerts_digestitem_2020_01 dropped"} <= {*said.getvalue().splitlines()}


def test_changes_of_pages_are_heard_from_postgresql_itself(
    pgbouncer: str, settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A pool would lose what is notified: nobody believes to hear, and the log says what to set."""
    real = connections["default"].settings_dict
    direct = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(real)
    told: list[str] = []
    changes = Changes(lambda: told.append("changed"))
    with monkeypatch.context() as through:
        through.setitem(real, "PORT", urlsplit(pgbouncer).port)
        through.setitem(real, "NAME", "others")
        try:
            until(lambda: not changes.are_heard() and "DATABASE_SESSION_URL" in caplog.text)
            assert told == []
            settings.DATABASE_SESSION_URL = direct
            until(changes.are_heard)
            told.clear()
            with psycopg.connect(pgbouncer + "others", autocommit=True) as publisher:
                publisher.execute("NOTIFY public_changes")
            until(lambda: told)
        finally:
            changes.stop()


def test_the_manual_gives_the_settings_with_which_this_was_tried() -> None:
    manual = (Path(__file__).parents[3] / "docs/scaling.md").read_text()

    assert [name for name, value in SETTINGS.items() if f"{name} = {value}\n" not in manual] == []


def sessions() -> int:
    """Sessions of clients in this database that are not this process's own; autovacuum's are nobody's clients."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()
    [(count,)] = query(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> %(own)s",
        {"own": own[0]},
    )
    return int(count)


def _wait_until_it_listens(child: Child, port: int) -> None:
    while child.running:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise AssertionError(child.last_words())


def _let_pass(folder: Path) -> None:
    """Let the user nobody reach what pytest keeps closed to others."""
    for one in (folder, *folder.parents[:3]):
        one.chmod(0o755)
