"""API keys: making them, and letting their holders in.

A key reads `gnk_<prefix>_<secret>`: the fixed start is for secret scanners, the prefix finds the row, and only a hash
of the whole is stored (the secret has 256 random bits, so a plain SHA-256 cannot be searched).
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from agencies.audit import Actor, record
from agencies.models import Agency, ApiKey, User
from agencies.models.api_key import Scope

if TYPE_CHECKING:
    from rest_framework.views import APIView  # reads the settings, which name this module

LAST_USED_STEP = timedelta(minutes=1)  # "last used" is shown to the minute, so it is written at most once a minute


def create_api_key(
    *, agency: Agency, name: str, scopes: list[Scope], created_by: User | None, days: int | None = 365
) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown this once and never stored."""
    prefix = secrets.token_hex(6)
    text = f"gnk_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        agency=agency,
        name=name,
        prefix=prefix,
        digest=_digest(text),
        scopes=scopes,
        created_by=created_by,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    record(actor=Actor.of(created_by), verb="api-key.created", target=key, agency=agency, after={"scopes": scopes})
    return key, text


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer gnk_…`; afterwards `request.auth` is the ApiKey."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed("Send the header as: Authorization: Bearer gnk_…")
        key = _find(words[1].decode("latin-1"))
        if key is None:
            raise AuthenticationFailed("This API key is unknown, expired or revoked.")
        _note_use(key)
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """Lets a key in when it has the scope that the view names in `scope`."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        scope: Scope = view.scope  # type: ignore[attr-defined]  # each view that lists this class names its scope
        self.message = f"This API key lacks the scope “{scope}”."
        return isinstance(request.auth, ApiKey) and scope in request.auth.scopes


class ApiKeyThrottle(SimpleRateThrottle):
    scope = "api-key"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        who = request.auth.prefix if isinstance(request.auth, ApiKey) else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": who}


def _find(text: str) -> ApiKey | None:
    start, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if start != "gnk" or not secret:
        return None
    key = ApiKey.objects.usable().select_related("agency").filter(prefix=prefix).first()
    return key if key and hmac.compare_digest(key.digest, _digest(text)) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_STEP:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
