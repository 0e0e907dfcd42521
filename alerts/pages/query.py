"""Reading what a visitor put into a query string."""

from django.http import HttpRequest

LONGEST = 100  # characters; nobody searches for more


def text_of(request: HttpRequest, name: str) -> str:
    """One line of text, without what PostgreSQL can't store; "" where there is none."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:LONGEST]
