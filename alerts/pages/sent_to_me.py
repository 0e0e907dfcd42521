"""What was sent to whoever is signed in, when, and what became of it in plain words; and the download of everything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.engine.local_hours import QUIET
from alerts.finding.sent_to_me import NEWEST, One, Sent, everything_sent_to, sent_to
from alerts.lanes import Channel
from alerts.models import Bulletin, BulletinTopic, Delivery
from alerts.pages.headlines import Headline, headlines, with_headlines
from subscriptions.exporting import as_json, export
from subscriptions.models import Subscriber
from subscriptions.pages.session import for_subscribers

# What became of a mail, and of a call to a machine.
BY_MAIL = {
    Delivery.Status.PENDING: _("Waiting to be sent."),
    Delivery.Status.SENT: _("Accepted by your mail server."),
    Delivery.Status.DEFERRED: _("Your mail server could not take it yet. We try again."),
    Delivery.Status.FAILED: _("Your mail server did not take it."),
    Delivery.Status.BOUNCED: _("Your mail server took it and sent it back."),
    Delivery.Status.COMPLAINED: _("Accepted by your mail server, and marked as unwanted by you."),
    Delivery.Status.SKIPPED: _("Not sent."),
    Delivery.Status.CANCELLED: _("Not sent: it was stopped."),
}
BY_WEBHOOK = BY_MAIL | {
    Delivery.Status.SENT: _("Accepted by your machine."),
    Delivery.Status.DEFERRED: _("Your machine could not take it yet. We try again."),
    Delivery.Status.FAILED: _("Your machine did not take it."),
}
QUIET_HOURS = _("It comes when your quiet hours end.")
PERHAPS = _("Perhaps it arrived: the connection broke before the answer came.")
# Why it was not sent, by the engine's words for it.
SKIPPED = {
    "paused": _("Not sent: you had paused your mail."),
    "unsubscribed": _("Not sent: you had stopped the topic by then."),
    "ended": _("Not sent: you had stopped everything by then."),
    "suppressed": _("Not sent: an earlier mail to your address had come back."),
    "disabled": _("Not sent: the endpoint was not active."),
}
REACHED = {Delivery.Status.SENT, Delivery.Status.BOUNCED, Delivery.Status.COMPLAINED}


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one delivery."""

    channel: str
    url: str  # of the machine; "" for the person's mail
    words: str
    at: datetime
    is_good: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One bulletin or one digest on the page."""

    sent: Sent
    headlines: Sequence[Headline]
    lines: Sequence[Line]
    unlinked: frozenset[int]  # bulletins that are not on the web


@never_cache
@require_safe
@for_subscribers
def me_sent(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """A page at a time; `before` is the place to go on from. What it is not is the newest page."""
    page = sent_to(subscriber, before=_number(request.GET.get("before", "")))
    context = {
        "subscriber": subscriber,
        "entries": _entries(page.sent, subscriber.language),
        "older": page.older,
        "months": settings.KEEP_MONTHS,
    }
    return render(request, "alerts/sent_to_me.html", context)


@never_cache
@require_safe
@for_subscribers
def me_download(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Everything held on this person, as a file, in a stream of constant memory."""
    data = export(subscriber) | {"sent": _exported(subscriber)}
    response = StreamingHttpResponse(as_json(data), content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response  # type: ignore[return-value]  # the stubs know no common ancestor of the two


def _entries(sent: Sequence[Sent], language: str) -> list[Entry]:
    ids = {number for one in sent for number in one.bulletin_ids}
    bulletins = with_headlines(Bulletin.objects.filter(pk__in=ids))
    found = {one.bulletin.pk: one for one in headlines(bulletins, language)}  # as their mail was
    public = BulletinTopic.objects.filter(bulletin__in=ids, topic__is_public=True).values_list("bulletin_id", flat=True)
    unlinked = frozenset(ids - set(public))
    return [
        Entry(
            sent=one,
            headlines=[found[number] for number in one.bulletin_ids if number in found],
            lines=[_line(delivery, one) for delivery in one.deliveries],
            unlinked=unlinked,
        )
        for one in sent
    ]


def _line(delivery: One, sent: Sent) -> Line:
    by_mail = _("E-mail to an address that you had before") if delivery.is_earlier else _("E-mail")
    is_mail = delivery.channel is Channel.EMAIL
    words = (BY_MAIL if is_mail else BY_WEBHOOK)[delivery.result]
    if delivery.result is Delivery.Status.SKIPPED:
        words = SKIPPED.get(delivery.detail, words)
    elif delivery.result is Delivery.Status.DEFERRED and delivery.detail == QUIET:
        words = QUIET_HOURS
    elif delivery.doubts and delivery.result not in REACHED:
        words = PERHAPS
    return Line(
        channel=str(by_mail if is_mail else _("Webhook")),
        url=delivery.url,
        words=str(words),
        at=delivery.changed_at or sent.dispatch.created_at,
        is_good=delivery.result is Delivery.Status.SENT,
    )


def _exported(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for one in everything_sent_to(subscriber):
        yield {
            "kind": f"{one.dispatch.period} digest" if one.dispatch.period else "bulletin",
            "began": one.dispatch.created_at,
            "bulletins": [f"{settings.SITE_URL}{reverse('bulletin', args=[number])}" for number in one.bulletin_ids],
            "deliveries": [
                {
                    "channel": delivery.channel.label,
                    "endpoint": delivery.url if delivery.channel is Channel.WEBHOOK else None,
                    "to_address_of_before": delivery.is_earlier,
                    "status": delivery.result.label,
                    "attempts": delivery.attempts,
                    "in_doubt": delivery.doubts,
                    "answer": delivery.detail,
                    "at": delivery.changed_at,
                }
                for delivery in one.deliveries
            ],
        }


def _number(text: str) -> int:
    """A dispatch's id; that of the newest page for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else NEWEST
