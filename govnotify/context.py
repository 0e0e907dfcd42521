"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest


def service(request: HttpRequest) -> dict[str, str]:
    """The service's name and address, and who runs it, for header and footer."""
    return {
        "service_name": settings.SERVICE_NAME,
        "service_url": settings.SITE_URL,
        "service_operator": settings.SERVICE_OPERATOR,
        "service_postal_address": settings.SERVICE_POSTAL_ADDRESS,
    }
