"""Browsers that listen: taken in, proved by an answer, told about more, moved to another address.

A browser shows who it is by its endpoint and the secret that it made for it (`auth`), which even its push service does
not know. It is told nothing but the welcome until its service worker has answered that, so that nobody can sign up a
server of somebody else's.
"""

from collections.abc import Iterable
from functools import cache
from ipaddress import ip_network

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.https.guard import Guard
from channels.push.vapid import UnusableVapidKey
from channels.tokens import read_timed_token
from govnotify.lib.queues import Queue, wake
from subscriptions.browser_consents import record
from subscriptions.browser_identity import Given, endpoint_key, find, host_of, is_same
from subscriptions.forgetting_browsers import forget
from subscriptions.keys import secret_box, signer, vapid
from subscriptions.limits import admit_browser
from subscriptions.models import Browser, BrowserConsent, BrowserSubscription, Topic
from subscriptions.models.browser import ANSWERS_FOR, EVERY_EMERGENCY

MOST_TOPICS = 100  # of one browser
PURPOSE = "browser"  # of the token in a welcome
Act, Way = BrowserConsent.Act, BrowserConsent.Way


class BrowserRefused(Exception):  # noqa: N818  named as what happened
    """The browser can't be told; the message is for the person in front of it."""


@cache
def push_guard() -> Guard:
    """Judges push services' addresses by the operator's settings."""
    return Guard(
        allowed_networks=[ip_network(network) for network in settings.PUSH_ALLOWED_NETWORKS],
        allowed_ports=frozenset(settings.PUSH_ALLOWED_PORTS),
    )


@transaction.atomic
def tell_browser(
    *, given: Given, topics: Iterable[Topic], every_emergency: bool, language: str, ip: str, page: str = ""
) -> Browser:
    """Tell this browser about the topics, and every real emergency, besides what it has; one that is new is welcomed.

    Raises BrowserRefused, ForbiddenTarget and RateLimited.
    """
    chosen = list(topics)
    if not chosen and not every_emergency:
        raise BrowserRefused(_("Choose at least one topic."))
    browser = Browser.objects.select_for_update().filter(endpoint_key=endpoint_key(given.endpoint)).first()
    if browser is not None and browser.status == Browser.Status.ACTIVE:
        if not is_same(browser, given):
            raise BrowserRefused(_("This browser does not look like the one that we know. Allow notifications anew."))
        if browser.language != language:
            browser.language = language
            browser.save(update_fields=["language"])
    else:
        browser = _take_in(browser, given, language, ip)
    added = _add(browser, [*(topic.pk for topic in chosen), *([EVERY_EMERGENCY] if every_emergency else [])])
    if browser.status == Browser.Status.ACTIVE:
        record(browser.pk, added, Act.GIVEN, Way.MANAGED, page)
    return browser


@transaction.atomic
def confirm_browser(*, token: str, page: str = "") -> Browser | None:
    """What the service worker posts back: from now on the browser is told. None where it has been forgotten.

    Raises BadToken and ExpiredToken.
    """
    read = read_timed_token(signer(), PURPOSE, token, max_age=ANSWERS_FOR, now=timezone.now())
    browser = Browser.objects.select_for_update().filter(pk=read.payload).first()
    if browser is None or browser.status == Browser.Status.ACTIVE:
        return browser
    now = timezone.now()
    browser.status, browser.confirmed_at = Browser.Status.ACTIVE, now
    moved_from, browser.replaces = browser.replaces, None
    browser.save(update_fields=["status", "confirmed_at", "replaces"])
    browser.subscriptions.update(started_at=now)
    subjects = list(browser.subscriptions.values_list("subject", flat=True))
    record(browser.pk, subjects, Act.GIVEN, Way.MOVED if moved_from else Way.CONFIRMED, page)
    if moved_from:
        forget([moved_from], Way.MOVED)
    return browser


@transaction.atomic
def move_browser(*, old: Given, new: Given, ip: str) -> Browser | None:
    """The push service gave a browser another address: it has the same subscriptions once that has answered.

    None where the old one is not known. Raises as `tell_browser` does.
    """
    before = find(old)
    if before is None:
        return None
    subjects = list(before.subscriptions.values_list("subject", flat=True))
    places = list(before.areas.all())
    found = Browser.objects.select_for_update().filter(endpoint_key=endpoint_key(new.endpoint)).first()
    if found is not None and found.status == Browser.Status.ACTIVE:
        return found
    after = _take_in(found, new, before.language, ip)
    if after.pk != before.pk and before.status == Browser.Status.ACTIVE:
        after.replaces = before.pk
        after.save(update_fields=["replaces"])
    _add(after, subjects)
    after.areas.set(places)
    return after


def _take_in(browser: Browser | None, given: Given, language: str, ip: str) -> Browser:
    """A row, new or that of one that has not answered yet, that waits for its welcome, in the caller's transaction."""
    keys = vapid()
    if keys is None:
        raise BrowserRefused(_("Notifications in the browser are not offered here."))
    push_guard().check_url(given.endpoint)
    try:
        key_id = keys.id_of(given.application_key)
    except UnusableVapidKey:
        raise BrowserRefused(_("This browser has an old key of ours. Allow notifications anew.")) from None
    host = host_of(given.endpoint)
    admit_browser(ip=ip, host=host, is_known=Browser.objects.active().filter(host=host).exists())
    taken = browser or Browser(endpoint=given.endpoint, endpoint_key=endpoint_key(given.endpoint))
    taken.host, taken.vapid_key_id, taken.language = host, key_id, language
    taken.sealed_keys = secret_box().encrypt(given.keys.pack())
    taken.expires_at = given.expires_at
    taken.status, taken.asked_at, taken.welcome_at, taken.welcomes = Browser.Status.PENDING, timezone.now(), None, 0
    taken.save()
    transaction.on_commit(lambda: wake(Queue.ROUTINE_PUSH))
    return taken


def _add(browser: Browser, subjects: Iterable[int]) -> list[int]:
    """Subscribe it to what it is not subscribed to yet; what that was."""
    has = set(browser.subscriptions.values_list("subject", flat=True))
    new = sorted(set(subjects) - has)
    if len(has) + len(new) > MOST_TOPICS:
        said = ngettext(
            "A browser can be told about %(most)d topic at most.",
            "A browser can be told about %(most)d topics at most.",
            MOST_TOPICS,
        )
        raise BrowserRefused(said % {"most": MOST_TOPICS})
    now = timezone.now()
    BrowserSubscription.objects.bulk_create(
        BrowserSubscription(browser=browser, topic_id=subject or None, started_at=now) for subject in new
    )
    return new
