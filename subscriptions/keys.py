"""The process's keys: what signs links, what locks away endpoints' secrets, and by which push services know us."""

import base64
import hmac
from functools import cache

from django.conf import settings

from channels.push.vapid import VapidKeys
from channels.secrets import SecretBox
from channels.tokens import Signer


@cache
def signer() -> Signer:
    """Signs with the newest of TOKEN_KEYS ("id:secret" each) and reads what any of them signed."""
    pairs = (pair.partition(":") for pair in settings.TOKEN_KEYS)
    return Signer([(int(key_id), secret.encode()) for key_id, _, secret in pairs])


@cache
def secret_box() -> SecretBox:
    """Seals with the newest of FIELD_KEYS and opens what any of them sealed."""
    return SecretBox([_fernet_key(text) for text in settings.FIELD_KEYS])


@cache
def vapid() -> VapidKeys | None:
    """Signs what goes to browsers; None where no key is set: then none are offered it."""
    return VapidKeys(settings.VAPID_KEYS, settings.VAPID_CONTACT) if settings.VAPID_KEYS else None


def push_key() -> str:
    """What pages subscribe a browser with; "" where browsers are told nothing here."""
    keys = vapid()
    return keys.public_key if keys else ""


def _fernet_key(text: str) -> str:
    """Operators set any long secret; the box wants 32 bytes in base64."""
    return base64.urlsafe_b64encode(hmac.digest(text.encode(), b"govnotify field key 1", "sha256")).decode()
