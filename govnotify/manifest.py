"""The site as an app for the home screen (Web Application Manifest): without that iPhones take no notifications."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from govnotify.lib.public import Freshness, public

# The stylesheet's --brand and --paper: a manifest can't refer to them.
BRAND, PAPER = "#0d3342", "#ffffff"
ICONS = {"icon-192.png": ("192x192", "any"), "icon-512.png": ("512x512", "any")} | {
    "icon-maskable.png": ("512x512", "maskable")  # phones cut it to their own shape
}


@public(Freshness(fresh=86_400, while_asking=86_400))
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """In the language that its address names, as browsers ask for it without any cookie."""
    icons = [
        {"src": static(f"govnotify/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for name, (sizes, purpose) in ICONS.items()
    ]
    described = {
        "id": reverse("home"),
        "name": settings.SERVICE_NAME,
        "short_name": settings.SERVICE_SHORT_NAME,
        "description": _("Choose what your public bodies tell you, and get it by e-mail."),
        "lang": request.LANGUAGE_CODE,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": reverse("home"),
        "scope": reverse("home"),
        "display": "standalone",
        "theme_color": BRAND,
        "background_color": PAPER,
        "icons": icons,
    }
    return JsonResponse(described, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
