"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")
application = get_wsgi_application()

from django.urls import resolve  # noqa: E402  settings must be loaded first

from govnotify.safety import require_safe_settings  # noqa: E402

require_safe_settings()
resolve("/")  # loads every page now, not while the first visitor waits
