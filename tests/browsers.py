"""Browsers that are told, as they come to it: taken in, welcomed, and their service worker has answered."""

from collections.abc import Iterable

from django.utils import timezone

from subscriptions.browser_identity import Given, endpoint_key, find, host_of
from subscriptions.browsers import confirm_browser, tell_browser
from subscriptions.keys import secret_box, vapid
from subscriptions.models import Browser, BrowserSubscription, Topic
from subscriptions.welcoming import welcome_pending
from tests.push_service import PushService, TestBrowser


def given(browser: TestBrowser) -> Given:
    keys = vapid()
    assert keys is not None
    return Given(browser.url, browser.keys, browser.application_key or keys.public_key)


def ask(
    browser: TestBrowser, topics: Iterable[Topic], *, every_emergency: bool = False, language: str = "en"
) -> Browser:
    """The browser asks, and has not been welcomed yet."""
    return tell_browser(
        given=given(browser),
        topics=topics,
        every_emergency=every_emergency,
        language=language,
        ip="192.0.2.1",
        page="/topics/floods/",
    )


def answer(browser: TestBrowser) -> Browser | None:
    """Its service worker answers the welcome that it got last."""
    return confirm_browser(token=browser.messages[-1].payload["answer"], page="/push/confirm/")


def listening(
    service: PushService, topics: Iterable[Topic] = (), *, every_emergency: bool = False, language: str = "en"
) -> TestBrowser:
    """A browser that is told about these; its welcome is forgotten."""
    keys = vapid()
    assert keys is not None
    browser = service.browser(keys.public_key)
    ask(browser, topics, every_emergency=every_emergency, language=language)
    assert welcome_pending() == 1
    answer(browser)
    browser.messages.clear()
    browser.attempts = 0
    return browser


def row_of(browser: TestBrowser) -> Browser | None:
    return find(given(browser))


def a_row(browser: TestBrowser, topics: Iterable[Topic], *, every_emergency: bool = False) -> Browser:
    """An active browser's row, made where no message can be sent, as an event loop holds the thread."""
    now = timezone.now()
    keys = vapid()
    assert keys is not None
    row = Browser.objects.create(
        endpoint=browser.url,
        endpoint_key=endpoint_key(browser.url),
        host=host_of(browser.url),
        sealed_keys=secret_box().encrypt(browser.keys.pack()),
        vapid_key_id=keys.id_of(keys.public_key),
        language="en",
        status=Browser.Status.ACTIVE,
        asked_at=now,
        confirmed_at=now,
    )
    subjects = [*(topic.pk for topic in topics), *([None] if every_emergency else [])]
    BrowserSubscription.objects.bulk_create(
        BrowserSubscription(browser=row, topic_id=subject, started_at=now) for subject in subjects
    )
    return row
