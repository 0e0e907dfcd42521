"""How long a form was open: a signed time in a hidden field. Robots send forms at once, people don't."""

import time

from django.conf import settings
from django.core import signing

SALT = "subscriptions.form-clock"


def start() -> str:
    """The hidden field's value for a form that is shown now."""
    return signing.dumps(time.time(), salt=SALT)


def kept(value: str | None) -> str:
    """The value that came back, or a fresh one where it is not ours: then the clock starts with this answer."""
    return value if value and _started(value) else start()


def too_quick(value: str) -> bool:
    """Whether the form came back sooner than a person can fill it in. Sent again, its clock has run on."""
    return time.time() - _started(value) < float(settings.MINIMUM_FILL_SECONDS)


def _started(value: str) -> float:
    """Unix seconds; 0 for a value that is not ours."""
    try:
        return float(signing.loads(value, salt=SALT))
    except signing.BadSignature:
        return 0.0
