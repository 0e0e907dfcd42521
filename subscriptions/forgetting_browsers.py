"""Browsers that listen no more: by their own wish, because they are gone, or because they never answered."""

from collections.abc import Iterable

from django.db import transaction

from govnotify.lib.database import bigints, query
from subscriptions.browser_consents import record
from subscriptions.models import Browser, BrowserConsent

Act, Way = BrowserConsent.Act, BrowserConsent.Way


@transaction.atomic
def stop_telling(*, browser: Browser, subjects: Iterable[int] | None = None, page: str = "") -> int:
    """End these subscriptions, all where None are named; one with none left is forgotten. How many are left."""
    locked = Browser.objects.select_for_update().filter(pk=browser.pk).first()
    if locked is None:
        return 0
    ended = locked.subscriptions.all() if subjects is None else locked.subscriptions.filter(subject__in=list(subjects))
    if locked.status == Browser.Status.ACTIVE:
        record(locked.pk, ended.values_list("subject", flat=True), Act.WITHDRAWN, Way.MANAGED, page)
    ended.delete()
    left = locked.subscriptions.count()
    if not left:
        locked.delete()
    return left


# Whoever is being changed this moment is left for the next time: nobody waits here, and nobody for us in a ring.
# The ids as an array, so that each table is read by its index: joined, all subscriptions were read for one browser.
FORGET = """
WITH gone AS (
    SELECT id, status FROM subscriptions_browser WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED
), recorded AS (
    INSERT INTO subscriptions_browserconsent (browser_id, subject, act, way, page, at)
    SELECT s.browser_id, s.subject, 'withdrawn', %(way)s, '', clock_timestamp()
    FROM subscriptions_browsersubscription s
    WHERE s.browser_id = ANY(ARRAY(SELECT id FROM gone WHERE status = 'active'))
), emptied AS (
    DELETE FROM subscriptions_browsersubscription WHERE browser_id = ANY(ARRAY(SELECT id FROM gone))
), nowhere AS (
    DELETE FROM subscriptions_browserarea WHERE browser_id = ANY(ARRAY(SELECT id FROM gone))
), deleted AS (
    DELETE FROM subscriptions_browser WHERE id = ANY(ARRAY(SELECT id FROM gone)) RETURNING 1
)
SELECT count(*) FROM deleted
"""


def forget(ids: Iterable[int], way: BrowserConsent.Way) -> int:
    """Delete these browsers with all that they told us; how many. Their consent is recorded as withdrawn."""
    [(count,)] = query(FORGET, {"ids": bigints(ids), "way": way.value})
    return int(count)


def forget_outdated() -> int:
    """Delete browsers that never answered their welcome, and those whose own time is over; how many."""
    found = (Browser.objects.unanswered(), Browser.objects.expired())  # each by an index of its own
    ids = {pk for browsers in found for pk in browsers.values_list("pk", flat=True)}
    return forget(ids, Way.EXPIRED) if ids else 0
