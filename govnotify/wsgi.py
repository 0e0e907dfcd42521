"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")
application = get_wsgi_application()

from govnotify.safety import require_safe_settings  # noqa: E402  settings must be loaded first

require_safe_settings()
