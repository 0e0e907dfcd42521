"""How long a form was open: a signed time in a hidden field. Robots send forms at once, people don't."""

import hashlib
import time

from django.conf import settings
from django.core import signing
from django.core.cache import cache

SALT = "subscriptions.form-clock"  # of the page where people subscribe
EMBED_SALT = "subscriptions.form-clock.embed"  # of forms on other sites: what is good for one form is not for the other
LONGEST = 86_400  # seconds that a form may be open
MOST_USES = 10  # sign-ups with one opened form


def start(salt: str = SALT) -> str:
    """The hidden field's value for a form that is shown now."""
    return signing.dumps(time.time(), salt=salt)


def kept(value: str | None, salt: str = SALT) -> str:
    """The value that came back. A fresh one where it is not ours or too old: the clock starts with this answer."""
    return value if value and _started(value, salt) else start(salt)


def too_quick(value: str, salt: str = SALT) -> bool:
    """Whether the form came back sooner than a person can fill it in. Sent again, its clock has run on."""
    return time.time() - _started(value, salt) < float(settings.MINIMUM_FILL_SECONDS)


def spent(value: str) -> bool:
    """Count a use; whether there were too many. Robots would open one form and send it ten thousand times."""
    key = f"form-clock:{hashlib.sha256(value.encode()).hexdigest()}"
    cache.add(key, 0, timeout=2 * LONGEST)
    return cache.incr(key) > MOST_USES


def _started(value: str, salt: str) -> float:
    """Unix seconds; 0 for a value that is not ours, and for one that is too old."""
    try:
        started = float(signing.loads(value, salt=salt))
    except signing.BadSignature:
        return 0.0
    return started if time.time() - started <= LONGEST else 0.0
