"""Every page of the gallery is accessible, self-contained and light; it fits whatever the size, type and direction.

Which pages there are, the gallery says: tests/architecture/test_gallery.py fails where a route has none.
"""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Error, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from subscriptions.keys import vapid
from tests.browser.aside import aside
from tests.browser.gallery import citizens, staff
from tests.browser.gallery.routes import SHOTS
from tests.browser.gallery.run import FAULTS, SETTINGS
from tests.browser.gallery.shots import Shot
from tests.browser.gallery.windows import NoPage, Windows
from tests.browser.gallery.world import World
from tests.browser.reflow import cut_or_moving
from tests.browser.visit import CONTRAST, DESKTOP, LIMIT, PHONE, SIDEWAYS, Visit, violations

# What a part stands on takes as long to make as ten of its pages to look at.
PARTS: Mapping[str, Sequence[Shot]] = {
    "finding-and-subscribing": (*citizens.FINDING, *citizens.SUBSCRIBING),
    "leaving-and-own": (*citizens.LEAVING, *citizens.OWN),
    "sign-in-and-bulletins": (*staff.SIGN_IN, *staff.BULLETINS),
    "alerts-and-machines": (*staff.ALERTS, *staff.MACHINES),
}
# What somebody wrote in six languages stands there three times: as it is typed, on the web and as a mail.
HEAVIER = {"staff-edit": 150_000, "staff-correct": 150_000}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def windows(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Windows]:
    for name, value in SETTINGS.items():
        setattr(settings, name, value)
    vapid.cache_clear()
    # Handed over once: half a megabyte for each page costs two thirds of a second, more than the looking.
    opened = Windows(browser, live_server.url, aside(World().seed), scripts={"en": AXE_SCRIPT})
    yield opened
    opened.close()
    vapid.cache_clear()


@pytest.mark.parametrize("part", PARTS)
def test_every_page_is_accessible_self_contained_and_fits(windows: Windows, part: str) -> None:
    wrong = [fault for shot in PARTS[part] for fault in looked_at(windows, "en", shot)]
    wrong += [fault for shot in one_for_each_route(PARTS[part]) for fault in looked_at(windows, "ar", shot)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", FAULTS)
def test_every_error_is_accessible_self_contained_and_fits(
    browser: Browser, live_server: LiveServer, settings: Settings, name: str
) -> None:
    settings.ROOT_URLCONF = SETTINGS["ROOT_URLCONF"]
    page = browser.new_page(viewport={"width": PHONE[0], "height": PHONE[1]}, reduced_motion="reduce")
    visit = Visit(page, live_server.url)
    visit.open(FAULTS[name])
    wrong = faults(visit)
    page.close()
    assert not wrong, "\n".join(wrong)


def test_every_picture_is_among_those_looked_at() -> None:
    assert {shot for part in PARTS.values() for shot in part} == set(SHOTS)


def one_for_each_route(shots: Sequence[Shot]) -> Sequence[Shot]:
    return list({shot.route: shot for shot in reversed(shots)}.values())


def looked_at(windows: Windows, language: str, shot: Shot) -> list[str]:
    """What is wrong with the page, each with its name; also that it could not be looked at."""
    name = f"{shot.name} in {language}"
    try:
        visit = windows.visit(language, shot.who)
        windows.show(visit, shot)
        if language == "en":
            found = faults(visit, HEAVIER.get(shot.name, LIMIT))
        else:
            found = faults_from_right_to_left(visit.page)
    except (Error, NoPage) as error:
        found = [str(error)]
    return [f"{name}: {fault}" for fault in found]


def faults(visit: Visit, limit: int = LIMIT) -> list[str]:
    """As a phone and a desktop, by day and by night, and with large type."""
    page, found = visit.page, visit.check("phone", limit)
    page.emulate_media(color_scheme="dark")
    found += [f"by night: {one}" for one in violations(page, CONTRAST)]  # no colour depends on the size
    page.emulate_media(color_scheme="light")
    resize(page, DESKTOP)
    found += visit.check("desktop", limit)
    return found + cut_or_moving(page)


def faults_from_right_to_left(page: Page) -> list[str]:
    found = []
    if page.evaluate("document.documentElement.dir") != "rtl":
        found.append("reads from left to right")
    for size in (PHONE, DESKTOP):
        resize(page, size)
        if page.evaluate(SIDEWAYS):
            found.append(f"scrolls sideways at {size[0]}")
    return found + cut_or_moving(page)


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
