"""What the gallery leaves out has no page: each route is opened, and whoever gets a whole one wants it looked at."""

import pytest
from django.test import Client
from django.urls import resolve

from tests.browser.gallery.routes import NO_PAGE
from tests.integration.grown import a_country, pages

pytestmark = pytest.mark.django_db
IN_A_FRAME = {"staff-preview-frame"}  # a mail, within the composer; tests/browser/test_mails.py looks at mails


def test_a_route_without_a_picture_shows_no_page() -> None:
    without = {name for group in NO_PAGE.values() for name in group}
    shown = {
        resolve(path.partition("?")[0]).url_name for _, client, path in pages(a_country()) if shows_page(client, path)
    }
    assert (shown & without) - IN_A_FRAME == set(), "these show a page: give them a Shot, and take them from NO_PAGE"


def shows_page(client: Client, path: str) -> bool:
    answer = client.get(path)
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.status_code == 200 and is_html and b"<html" in b"".join(answer)
