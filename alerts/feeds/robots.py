"""robots.txt: where the sitemap is, and which pages a crawler would never come to the end of.

What is private is not listed here: it answers with noindex, which a crawler must be let in to see.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from alerts.feeds.entries import absolute
from govnotify.lib.public import DAILY, public


@public(DAILY)
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lists = reverse("home"), reverse("archive")
    lines = [
        "User-agent: *",
        # The pages in each language, which they name to crawlers; the longest rule that fits holds (RFC 9309, 2.2.2).
        *(f"Allow: {path}?lang={code}$" for path in lists for code, _ in settings.LANGUAGES),
        *(f"Disallow: {path}?" for path in lists),  # searches
        f"Disallow: {reverse('archive')}feed.",
        "",
        f"Sitemap: {absolute(reverse('sitemap'))}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
