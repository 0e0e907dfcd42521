"""What tests of more than one folder use. The servers themselves are the plugin's: tests/servers.py."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as examples

from alerts.engine.runtime import runtime
from channels.push.vapid import new_key
from subscriptions import limits
from subscriptions.browsers import push_guard
from subscriptions.keys import vapid
from tests.inbox import Inbox
from tests.push_service import PushService

# Where Valkey stands still for two seconds, limits let everybody in, and a test of them fails. Here it may.
settings.CACHES["default"]["OPTIONS"] = {"socket_connect_timeout": 60, "socket_timeout": 60}
# How long an example takes depends on who else uses the machine; by itself the library allows 0.2 s.
examples.register_profile("whatever it takes", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("whatever it takes")


@pytest.fixture
def inbox(settings) -> Iterator[Inbox]:
    """A real SMTP server that keeps what it is sent; the platform sends there."""
    with Inbox() as server:
        settings.EMAIL_URL = server.url
        yield server
        runtime().close()


@pytest.fixture
def push_service(tmp_path: Path, settings) -> Iterator[PushService]:
    """A real push service on loopback, which decrypts; the platform has a key, and may send there."""
    folder = tmp_path / "push"
    folder.mkdir()
    with PushService(folder).serving() as service:
        settings.VAPID_KEYS = [new_key()]
        settings.PUSH_ALLOWED_NETWORKS = ["127.0.0.0/8"]
        settings.PUSH_ALLOWED_PORTS = [service.port]
        settings.PUSH_CA_FILE = service.ca_file
        for made_from_settings in (vapid, push_guard):
            made_from_settings.cache_clear()
        yield service
        runtime().close()
    for made_from_settings in (vapid, push_guard):
        made_from_settings.cache_clear()


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Limits are counted in the cache, which outlives a test's transaction."""
    cache.clear()


@pytest.fixture(autouse=True)
def _middle_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits count by the hour and the day: for them it is half past twelve, so that neither ends during a test."""
    now = time.time()
    later = limits.DAY / 2 + limits.HOUR / 2 - now % limits.DAY
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: time.time() + later))


@pytest.fixture(autouse=True)
def _platform_language() -> None:
    """A request leaves the language of its page in the thread, for the next test."""
    translation.deactivate()
