"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")
django_application = get_wsgi_application()

from django.conf import settings  # noqa: E402  settings must be loaded first
from django.urls import resolve  # noqa: E402

from govnotify.lib.charsets import in_utf8  # noqa: E402
from govnotify.page_cache import PageCache  # noqa: E402
from govnotify.safety import require_safe_settings  # noqa: E402

require_safe_settings()
resolve("/")  # loads every page now, not while the first visitor waits
_octets = settings.PAGE_CACHE_MB * 1_000_000
application = in_utf8(PageCache(django_application, _octets) if _octets else django_application)
