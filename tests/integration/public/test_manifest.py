"""The site as an app for the home screen: what a phone reads before it takes notifications."""

import re
import struct
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.staticfiles import finders
from django.test import Client

from govnotify.manifest import BRAND, PAPER

pytestmark = pytest.mark.django_db
STATIC = Path(configured.BASE_DIR) / "govnotify/static/govnotify"


def manifest(language: str = "en") -> dict[str, Any]:
    described: dict[str, Any] = Client().get(f"/manifest.webmanifest?lang={language}").json()
    return described


def file_of(address: str) -> Path:
    found = finders.find(address.removeprefix(configured.STATIC_URL))
    assert isinstance(found, str), address
    return Path(found)


def pixels(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG (its section 11.2.2)."""
    octets = picture.read_bytes()
    assert octets.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", octets[16:24])


def test_it_says_what_a_home_screen_wants_to_know(settings: Any) -> None:
    settings.SERVICE_NAME, settings.SERVICE_SHORT_NAME = "Notices of the Republic", "Notices"
    described = manifest()
    assert (described["name"], described["short_name"]) == ("Notices of the Republic", "Notices")
    names = ("id", "start_url", "scope", "display", "lang", "dir")
    assert [described[name] for name in names] == ["/", "/", "/", "standalone", "en", "ltr"]


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("fr", "ltr")])
def test_it_is_in_the_language_of_the_page_that_names_it(client: Client, language: str, direction: str) -> None:
    page = client.get(f"/?lang={language}").content.decode()
    assert f'<link rel="manifest" href="/manifest.webmanifest?lang={language}">' in page
    described = manifest(language)
    assert (described["lang"], described["dir"]) == (language, direction)
    assert described["description"] != manifest()["description"]


def test_its_pictures_are_there_in_the_sizes_that_it_names() -> None:
    icons = manifest()["icons"]
    assert {(icon["sizes"], icon["purpose"]) for icon in icons} >= {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"),
    }  # fmt: skip
    for icon in icons:
        assert icon["sizes"] == "{}x{}".format(*pixels(file_of(icon["src"])))
    assert pixels(STATIC / "apple-touch-icon.png") == (180, 180)


def test_every_page_names_the_picture_for_an_iphone(client: Client) -> None:
    [address] = re.findall(r'<link rel="apple-touch-icon" href="([^"]+)">', client.get("/push/").content.decode())
    assert pixels(file_of(address)) == (180, 180)


def test_its_colours_are_the_stylesheet_s(client: Client) -> None:
    described = manifest()
    assert (described["theme_color"], described["background_color"]) == (BRAND, PAPER)
    light = (STATIC / "site.css").read_text().partition("@media")[0]
    assert f"--brand: {BRAND};" in light
    assert f"--paper: {PAPER};" in light
    assert f'<meta name="theme-color" content="{BRAND}">' in client.get("/push/").content.decode()


def test_caches_may_keep_it_and_pages_may_load_it(client: Client) -> None:
    answer = client.get("/manifest.webmanifest?lang=en")
    assert answer["Content-Type"] == "application/manifest+json"
    assert answer["Cache-Control"].startswith("public, max-age=86400")
    assert not answer.has_header("Vary")
    assert "manifest-src 'self'" in client.get("/push/")["Content-Security-Policy"]
