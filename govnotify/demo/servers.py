"""The servers around the platform: database, broker, mail catcher, webhook receiver; yours where you name them."""

import os
import stat
import sys
import tempfile
from pathlib import Path

from govnotify.demo.family import Family, listens
from govnotify.demo.ports import Ports
from govnotify.demo.state import State
from govnotify.embedded import Child, Postgres, Valkey


class Servers:
    """`begin` starts them side by side, `wait_until_ready` waits for all.

    What DATABASE_URL, REDIS_URL and EMAIL_URL name is used instead and neither started nor stopped.
    """

    def __init__(self, state: State, ports: Ports, family: Family) -> None:
        self._state = state
        self._ports = ports
        self._family = family
        self._postgres = None if "DATABASE_URL" in os.environ else Postgres(database_folder(state.folder))
        self._valkey = None if "REDIS_URL" in os.environ else Valkey(state.folder / "valkey")
        self.catches_mail = "EMAIL_URL" not in os.environ
        self.certificate = state.folder / "receiver" / "ca.pem"  # whom to trust for the receiver's https

    def begin(self) -> None:
        self._state.private_folder("logs")
        if self._postgres is not None:
            self._family.add(self._postgres.begin())
        if self._valkey is not None:
            self._family.add(self._valkey.begin())
        if self.catches_mail:
            mails = self._state.private_folder("mails")
            ports = ["--smtp-port", str(self._ports.smtp), "--web-port", str(self._ports.catcher)]
            platform = f"http://127.0.0.1:{self._ports.web}"
            self._run("catcher", *ports, "--folder", str(mails), "--platform", platform)
        certificates = self._state.private_folder("receiver")
        self._run("receiver", "--port", str(self._ports.receiver), "--cert-dir", str(certificates))

    def wait_until_ready(self) -> None:
        if self._postgres is not None:
            self._postgres.wait_until_ready()
        if self._valkey is not None:
            self._valkey.wait_until_ready()
        if self.catches_mail:
            self._family.wait_until(lambda: listens(self._ports.catcher), "The mail catcher")
        self._family.wait_until(lambda: listens(self._ports.receiver), "The webhook receiver")

    def addresses(self) -> dict[str, str]:
        """DATABASE_URL, REDIS_URL and EMAIL_URL of those that were started."""
        found = {}
        if self._postgres is not None:
            found["DATABASE_URL"] = self._postgres.url()
        if self._valkey is not None:
            found["REDIS_URL"] = self._valkey.url()
        if self.catches_mail:
            found["EMAIL_URL"] = f"smtp://127.0.0.1:{self._ports.smtp}"
        return found

    def _run(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"govnotify.demo.{name}", *arguments]
        self._family.add(Child(name, command, log=self._state.folder / "logs" / f"{name}.log"))


def database_folder(state: Path) -> Path:
    """Where PostgreSQL's files are: in the state folder, or where its own user can reach them.

    Root hands PostgreSQL to the user nobody, who can't enter /root. Then `state`/postgres is a link to a folder
    of an unguessable name below /var/tmp, which `make clean` follows.
    """
    place = state / "postgres"
    if os.geteuid() != 0 or Postgres.can_live_in(state):
        return place
    if not (place.is_symlink() and _is_ours(place.resolve())):
        place.unlink(missing_ok=True)
        folder = tempfile.mkdtemp(prefix="govnotify-demo-", dir="/var/tmp")
        Path(folder).chmod(0o755)
        place.symlink_to(folder)
    return place.resolve()


def _is_ours(folder: Path) -> bool:
    """Whether the folder is still there and still root's: anybody may write to /var/tmp."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0
