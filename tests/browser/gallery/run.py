"""The run itself: mails, then the world, then a web server and a browser."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from django.test.testcases import LiveServerThread
from django.test.utils import setup_test_environment

from channels.push.vapid import new_key
from tests.browser.gallery.camera import Camera
from tests.browser.gallery.citizens import CITIZENS
from tests.browser.gallery.mails import every_mail
from tests.browser.gallery.staff import STAFF
from tests.browser.gallery.windows import Windows
from tests.browser.gallery.world import World
from tests.browser.launching import launched

FAULTS = {
    "error-bad-request": "/400/",
    "error-not-allowed": "/403/",
    "error-too-old": "/403/form/",
    "error-ours": "/500/",
}
SETTINGS = {
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "ROOT_URLCONF": "tests.browser.gallery.faults",
    "VAPID_KEYS": [new_key()],  # without one, nobody is offered notifications
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 3600,  # seconds; on a busy machine the last page is long after the sign-in
}


def take_all(part: str, folder: Path, only: Sequence[str]) -> tuple[list[str], list[str]]:
    """The part's pictures whose names have one of the words, or all: their names, and what could not be taken."""
    setup_test_environment()
    logging.disable()  # it tells of each error that is made on purpose
    call_command("migrate", verbosity=0, interactive=False)

    def wanted(name: str) -> bool:
        return not only or any(word in name for word in only)

    is_citizens = part == "citizens"
    shots = [shot for shot in (CITIZENS if is_citizens else STAFF) if wanted(shot.name)]
    faults = {name: path for name, path in FAULTS.items() if is_citizens and wanted(name)}
    with override_settings(**SETTINGS):
        mails = list(every_mail()) if is_citizens and wanted("mail") else []
        if not (shots or faults or mails):
            return [], []
        world = World().seed()
        with web_server() as server, launched() as browser:
            camera = Camera(Windows(browser, server, world), folder)
            for shot in shots:
                camera.take(shot)
            for name, path in faults.items():
                camera.take_address(name, path)
            for mail in mails:
                camera.take_mail(f"mail-{mail.kind}", mail.language, mail.html)
    connections.close_all()
    return camera.names, camera.missing


@contextmanager
def web_server() -> Iterator[str]:
    """Django's own server for tests; its address."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, port=0)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    try:
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()
