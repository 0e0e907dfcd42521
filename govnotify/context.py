"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest

from govnotify.lib.service import operator_address, operator_name
from subscriptions.keys import push_key


def service(request: HttpRequest) -> dict[str, str]:
    """The service's name and address, and who runs it, for header and footer; and what browsers are subscribed with."""
    return {
        "service_name": settings.SERVICE_NAME,
        "service_url": settings.SITE_URL,
        "service_operator": operator_name(),
        "service_postal_address": operator_address(),
        "push_key": push_key(),
    }
