"""Which browser it is: known by its endpoint, and shown to be itself by the secret that it made for that."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from channels.push.message import BrowserKeys
from channels.secrets import UnreadableSecret
from subscriptions.keys import secret_box
from subscriptions.models import Browser


@dataclass(frozen=True, slots=True)
class Given:
    """What a browser says about itself (PushSubscription of the Push API)."""

    endpoint: str
    keys: BrowserKeys
    application_key: str = ""  # our public key that it was subscribed with
    expires_at: datetime | None = None


def find(given: Given) -> Browser | None:
    """The browser that this is; None for one that we don't know, or that only has its endpoint to show."""
    browser = Browser.objects.filter(endpoint_key=endpoint_key(given.endpoint)).first()
    return browser if browser is not None and is_same(browser, given) else None


def is_same(browser: Browser, given: Given) -> bool:
    """Whether what is said comes from this browser, and not from somebody who knows its endpoint only."""
    try:
        kept = secret_box().decrypt(browser.sealed_keys)
    except UnreadableSecret:
        return False
    return hmac.compare_digest(kept.encode(), given.keys.pack().encode())


def endpoint_key(endpoint: str) -> bytes:
    return hashlib.sha256(endpoint.encode("utf-8", "replace")).digest()


def host_of(endpoint: str) -> str:
    """The push service of an endpoint that the guard has let through."""
    return endpoint.removeprefix("https://").partition("/")[0].lower()[:253]
