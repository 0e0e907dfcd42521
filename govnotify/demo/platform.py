"""The platform itself: web server, a worker for every queue, beat; forked from a process that has it all loaded."""

import importlib
import json
import os
import secrets
import signal
import time
import urllib.error
import urllib.request

from cryptography.fernet import Fernet

from channels.push.vapid import new_key
from govnotify import processes
from govnotify.demo import government
from govnotify.demo.family import Failed, Family
from govnotify.demo.ports import Ports
from govnotify.demo.servers import Servers
from govnotify.demo.state import State
from govnotify.embedded import Forked
from govnotify.lib.queues import Queue

PREPARE_SECONDS = 120.0
# What the processes would each import for themselves, a second of work or more for every one of them.
PRELOADED = (
    "govnotify.celery", "govnotify.urls", "celery.bin.celery", "celery.apps.worker",
    "celery.apps.beat", "celery.concurrency.prefork", "celery.worker.consumer", "celery.fixups.django",
    "kombu.transport.redis", "granian.cli", "granian.server.mp", "django.core.handlers.wsgi", "alerts.tasks",
)  # fmt: skip


def set_environment(state: State, ports: Ports, servers: Servers) -> None:
    """The platform's settings, for this process and all that are forked from it."""
    known = state.secrets
    os.environ |= {
        **servers.addresses(),
        "DJANGO_SETTINGS_MODULE": "govnotify.settings",
        "SECRET_KEY": known.get("SECRET_KEY"),
        "ADDRESS_HASH_KEY": known.get("ADDRESS_HASH_KEY"),
        "FIELD_KEYS": known.get("FIELD_KEYS", lambda: Fernet.generate_key().decode()),
        "TOKEN_KEYS": "1:" + known.get("TOKEN_KEY", lambda: secrets.token_hex(32)),
        "VAPID_KEYS": known.get("VAPID_KEY", new_key),
        "SITE_URL": f"http://127.0.0.1:{ports.web}",
        "SERVICE_OPERATOR": government.NAME,
        "SERVICE_POSTAL_ADDRESS": government.POSTAL_ADDRESS,
        "SERVICE_TRANSLATIONS": json.dumps(government.TRANSLATIONS),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "WEBHOOK_ALLOWED_PORTS": str(ports.receiver),
        "WEBHOOK_CA_FILE": str(servers.certificate),
        # The receiver plays the push service of the demo's own browsers; those of yours have theirs at port 443.
        "PUSH_ALLOWED_NETWORKS": "127.0.0.0/8",
        "PUSH_ALLOWED_PORTS": f"443,{ports.receiver}",
        "PUSH_CA_FILE": str(servers.certificate),
        "BEAT_SCHEDULE": str(state.folder / "beat-schedule"),
        "OPENBLAS_NUM_THREADS": "1",  # shapely brings numpy, and that a thread, which does not survive a fork
        # Every worker would run Django's system checks, and so import every page; `make check` has run them.
        "CELERY_SKIP_CHECKS": "1",
    }


def preload() -> None:
    """Import everything once. Opens no connection and starts no thread: that would not survive the forks."""
    import django  # noqa: PLC0415  its settings read the environment that was just set

    django.setup()
    for name in PRELOADED:
        importlib.import_module(name)


def prepare_database(state: State, ports: Ports) -> None:
    """Migrate and make the data in a child, so that this process stays without connections. Raises Failed."""
    log = state.folder / "logs" / "data.log"
    arguments = [str(state.folder), str(ports.receiver), str(ports.catcher)]
    child = Forked("data", "govnotify.demo.data", arguments, log=log)
    end = time.monotonic() + PREPARE_SECONDS
    while child.running and time.monotonic() < end:
        time.sleep(0.02)
    child.stop(patience=0.0)
    if child.process.poll() != 0:
        raise Failed(f"The demo's data could not be made. The end of {log}:\n{child.last_words()}")


def start(state: State, ports: Ports, family: Family) -> None:
    web = processes.web(host="127.0.0.1", port=ports.web, workers=2)
    for process in [web, *processes.background()]:
        family.add(
            Forked(
                process.name,
                process.module,
                process.arguments,
                log=state.folder / "logs" / f"{process.name}.log",
                death_signal=signal.SIGTERM
                if process is web
                else signal.SIGKILL,  # it has children; celery's see to it
            )
        )


def wait_until_ready(ports: Ports, family: Family) -> None:
    """Until the web server answers and every worker has greeted back through the broker."""
    from celery import current_app  # noqa: PLC0415  configured by the environment

    silent = {f"{queue}@{_hostname()}" for queue in Queue}

    def all_answer() -> bool:
        for answer in current_app.control.ping(destination=sorted(silent), timeout=0.5) or ():
            silent.difference_update(answer)
        return not silent

    family.wait_until(lambda: _answers(f"http://127.0.0.1:{ports.web}/health/live/"), "The web server")
    family.wait_until(all_answer, "The workers")


def _hostname() -> str:
    from celery.utils.nodenames import gethostname  # noqa: PLC0415  what %h in a worker's name becomes

    name: str = gethostname()
    return name


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  our own http address
    except (OSError, urllib.error.URLError):
        return False
    return True
