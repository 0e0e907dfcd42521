"""robots.txt: where the sitemap is, and which pages a crawler would never come to the end of.

What is private is not listed here: it answers with noindex, which a crawler must be let in to see.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from alerts.feeds.entries import absolute
from govnotify.lib.public import DAILY, public


@public(DAILY)
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('home')}?",  # searches
        f"Disallow: {reverse('archive')}?",
        f"Disallow: {reverse('archive')}feed.",
        "",
        f"Sitemap: {absolute(reverse('sitemap'))}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
