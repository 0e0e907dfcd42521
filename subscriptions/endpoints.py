"""Endpoints of subscribers and agencies: registered, verified by a signed challenge, removed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from ipaddress import ip_network

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Agency
from channels.https.call import Attempt
from channels.https.guard import Guard
from channels.outcome import Outcome, Reason, Verdict
from channels.secrets import UnreadableSecret
from channels.webhook.challenge import TIME_LIMIT, verify_endpoint
from channels.webhook.client import WebhookClient
from channels.webhook.signing import new_secret
from govnotify.lib.queues import Queue, wake
from subscriptions.keys import secret_box
from subscriptions.models import Endpoint, Source, Subscriber, Subscription, Topic

MOST = 10  # of one owner
LEASE = timedelta(seconds=2 * TIME_LIMIT)  # a challenge that takes longer than this belongs to a worker that died


class EndpointRefused(Exception):  # noqa: N818  named as what happened
    """The owner can't have this endpoint; the message is for the owner and says what to do."""


@cache
def guard() -> Guard:
    """Judges webhooks' targets by the operator's settings."""
    return Guard(
        allowed_networks=[ip_network(network) for network in settings.WEBHOOK_ALLOWED_NETWORKS],
        allowed_ports=frozenset(settings.WEBHOOK_ALLOWED_PORTS),
    )


def register_endpoint(
    *, owner: Subscriber | Agency, url: str, topics: Sequence[Topic], source: Source | None = None
) -> tuple[Endpoint, str]:
    """A new endpoint that waits for its challenge, and its signing secret, which can't be shown again.

    Raises ForbiddenTarget and EndpointRefused.
    """
    url = url.strip()
    guard().check_url(url)
    secret = new_secret()
    with transaction.atomic():
        type(owner)._default_manager.select_for_update().get(pk=owner.pk)  # two at once must not make eleven
        _check(owner, url, topics)
        endpoint = Endpoint.objects.create(**_owned_by(owner), url=url, sealed_secret=secret_box().encrypt(secret))
        set_topics(endpoint=endpoint, topics=topics, source=source)
        transaction.on_commit(lambda: wake(Queue.WEBHOOK_RETRY))
    return endpoint, secret


@transaction.atomic
def set_topics(*, endpoint: Endpoint, topics: Sequence[Topic], source: Source | None = None) -> None:
    """Make these the endpoint's topics. `source` is where it was said, if not on our own pages."""
    now = timezone.now()
    wanted = {topic.pk for topic in topics}
    endpoint.subscriptions.current().exclude(topic__in=wanted).update(ended_at=now)
    endpoint.subscriptions.exclude(ended_at=None).filter(topic__in=wanted).update(
        ended_at=None, started_at=now, source=source
    )
    Subscription.objects.bulk_create(
        [Subscription(endpoint=endpoint, topic_id=topic, started_at=now, source=source) for topic in sorted(wanted)],
        ignore_conflicts=True,
    )


def ask_again(*, endpoint: Endpoint) -> None:
    """Send the challenge once more to an endpoint that failed it or was disabled."""
    again = Endpoint.objects.filter(pk=endpoint.pk).exclude(status=Endpoint.Status.ACTIVE)
    if again.update(status=Endpoint.Status.PENDING, challenge_at=None, note=""):
        transaction.on_commit(lambda: wake(Queue.WEBHOOK_RETRY))


def remove_endpoint(*, endpoint: Endpoint) -> None:
    """Forget the endpoint; nothing more is sent to it."""
    endpoint.delete()


def verify_pending(*, limit: int = 20) -> int:
    """Challenge endpoints that wait for it, those of other workers left out; how many were challenged."""
    return _verify(Endpoint.objects.awaiting_verification().order_by("pk"), limit)


def verify(*, endpoint: Endpoint) -> None:
    """Challenge one endpoint, unless that is under way or was done."""
    _verify(Endpoint.objects.awaiting_verification().filter(pk=endpoint.pk), 1)
    endpoint.refresh_from_db()


def _verify(waiting: QuerySet[Endpoint], limit: int) -> int:
    claimed = _claim(waiting, limit)
    if claimed:
        for endpoint, attempt in zip(claimed, asyncio.run(_challenge(claimed)), strict=True):
            _record(endpoint, attempt)
    return len(claimed)


@transaction.atomic
def _claim(waiting: QuerySet[Endpoint], limit: int) -> list[Endpoint]:
    """Lease them by `challenge_at`: who finds a fresh one leaves it alone."""
    now = timezone.now()
    free = waiting.filter(Q(challenge_at=None) | Q(challenge_at__lt=now - LEASE))
    claimed = list(free.select_for_update(skip_locked=True)[:limit])
    Endpoint.objects.filter(pk__in=[endpoint.pk for endpoint in claimed]).update(challenge_at=now)
    for endpoint in claimed:
        endpoint.challenge_at = now
    return claimed


async def _challenge(endpoints: Sequence[Endpoint]) -> list[Attempt]:
    client = WebhookClient(guard(), ca_file=settings.WEBHOOK_CA_FILE)
    try:
        return await asyncio.gather(*(_challenge_one(client, endpoint) for endpoint in endpoints))
    finally:
        await client.close()


async def _challenge_one(client: WebhookClient, endpoint: Endpoint) -> Attempt:
    try:
        secret = secret_box().decrypt(endpoint.sealed_secret)
    except UnreadableSecret as error:  # its neighbours must not wait for it
        return Attempt(Outcome(Verdict.PERMANENT, Reason.POLICY, "", str(error)), None, 0, b"")
    return await verify_endpoint(client, endpoint.url, secret)


def _record(endpoint: Endpoint, attempt: Attempt) -> None:
    """Only the worker that holds the lease writes: `challenge_at` is its fence."""
    leased = Endpoint.objects.awaiting_verification().filter(pk=endpoint.pk, challenge_at=endpoint.challenge_at)
    if attempt.outcome.accepted:
        leased.update(status=Endpoint.Status.ACTIVE, verified_at=timezone.now(), note="")
    else:
        leased.update(status=Endpoint.Status.FAILED, note=attempt.outcome.detail[:200])


def _owned_by(owner: Subscriber | Agency) -> dict[str, Subscriber | Agency]:
    return {"subscriber" if isinstance(owner, Subscriber) else "agency": owner}


def _check(owner: Subscriber | Agency, url: str, topics: Sequence[Topic]) -> None:
    if not topics:
        raise EndpointRefused(_("Choose at least one topic."))
    if any(not topic.is_public and topic.agency != owner for topic in topics):
        raise EndpointRefused(_("One of these topics is internal to its agency."))
    owned = Endpoint.objects.filter(**_owned_by(owner))
    if owned.filter(url=url).exists():
        raise EndpointRefused(_("You have registered this address before. Remove it first to get a new secret."))
    if owned.count() >= MOST:
        said = ngettext(
            "You have %(most)d endpoint, which is the most. Remove it first.",
            "You have %(most)d endpoints, which is the most. Remove one first.",
            MOST,
        )
        raise EndpointRefused(said % {"most": MOST})
