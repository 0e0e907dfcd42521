"""Who is at the other end: the network address that limits count by."""

from django.conf import settings
from django.http import HttpRequest


def ip_of(request: HttpRequest) -> str:
    """The visitor's address; behind our proxy the one that the proxy saw, which is the last in its header."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.headers.get("X-Forwarded-For", "")
        return forwarded.rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
