"""Refuses to serve or send with settings that would put people at risk."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}


def require_safe_settings() -> None:
    """Raise ImproperlyConfigured, naming every variable at fault, unless web server and workers may start."""
    faults = [*_secret_faults(), *_host_faults()]
    if faults:
        raise ImproperlyConfigured("govnotify will not start: " + "; ".join(faults) + ". See docs/operations.md.")


def _secret_faults() -> list[str]:
    faults = []
    if settings.SECRET_KEY == settings.DEVELOPMENT_SECRET:
        faults.append("SECRET_KEY is not set")
    elif len(settings.SECRET_KEY) < 32:
        faults.append("SECRET_KEY is shorter than 32 characters")
    return faults


def _host_faults() -> list[str]:
    faults = []
    local = set(settings.ALLOWED_HOSTS) <= LOOPBACK
    if "*" in settings.ALLOWED_HOSTS:
        faults.append("ALLOWED_HOSTS must name the hosts, not '*'")
    if settings.DEBUG and not local:
        faults.append("DEBUG is on for hosts that others can reach")
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https" and site.hostname not in LOOPBACK:
        faults.append(f"SITE_URL {settings.SITE_URL} is not https")
    return faults
