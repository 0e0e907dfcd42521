"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest


def service(request: HttpRequest) -> dict[str, str]:
    """The service's name and address, for header and footer."""
    return {"service_name": settings.SERVICE_NAME, "service_url": settings.SITE_URL}
