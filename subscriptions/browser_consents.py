"""The record of what a browser asked for and ended: under its number, and kept when it is forgotten."""

from collections.abc import Iterable

from django.utils import timezone

from subscriptions.models import BrowserConsent


def record(
    browser_id: int, subjects: Iterable[int], act: BrowserConsent.Act, way: BrowserConsent.Way, page: str
) -> None:
    now = timezone.now()
    BrowserConsent.objects.bulk_create(
        BrowserConsent(browser_id=browser_id, subject=subject, act=act, way=way, page=page[:200], at=now)
        for subject in subjects
    )
