"""What an outbox row says, as mail: the transactional lane sends it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from channels.address import Address, parse_address
from channels.markup import inline_styles, mail_theme
from govnotify.lib.languages import direction, spoken
from govnotify.lib.service import operator_address
from subscriptions import confirming, signing_in
from subscriptions.changing_address import confirm_token, joins, refuse_token
from subscriptions.confirming import chosen_topics, confirmation_token
from subscriptions.models import AddressChange, OutboxMessage, SignInLink, SignUp
from subscriptions.models.address_change import LINK_WORKS_FOR, TAKE_BACK_FOR
from subscriptions.signing_in import sign_in_token


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """One mail to one person, complete but for the headers that every mail of the platform has."""

    sender_name: str
    sender_address: str
    to: Address
    language: str
    subject: str
    text: str
    html: str


class NothingToSay(Exception):  # noqa: N818  named as what happened
    """What the message was about is gone: there is no mail to send."""


def render(message: OutboxMessage) -> OutboxMail:
    """The mail for a row. Raises NothingToSay, and BadAddress for an address that has been erased."""
    asked_for, context = _CONTEXTS[OutboxMessage.Kind(message.kind)](message)
    language = spoken(asked_for)
    to = parse_address(message.subscriber.email)
    with translation.override(language):
        context |= _frame(language)
        context["subject"] = _part(message.kind, "subject.txt", context).strip()
        text = _part(message.kind, "body.txt", context)
        html = inline_styles(_part(message.kind, "body.html", context))
    return OutboxMail(
        sender_name=settings.SERVICE_NAME,
        sender_address=settings.SERVICE_ADDRESS,
        to=to,
        language=language,
        subject=context["subject"],
        text=text,
        html=html,
    )


def _part(kind: str, name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"emails/{kind}/{name}", context)


def _frame(language: str) -> dict[str, Any]:
    return {
        "language": language,
        "dir": direction(language),
        "sender_name": settings.SERVICE_NAME,
        "sender_address": operator_address(),
        "sender_url": settings.SITE_URL,
        "theme": mail_theme(settings.SERVICE_COLOUR),
        "privacy_url": _absolute("privacy"),
        "accessibility_url": _absolute("accessibility"),
    }


def _confirm(message: OutboxMessage) -> tuple[str, dict[str, Any]]:
    request, context = _sign_up(message)
    context["confirm_url"] = _absolute("confirm", confirmation_token(request))
    context["valid_days"] = confirming.LINK_WORKS_FOR.days
    return request.language, context


def _already_subscribed(message: OutboxMessage) -> tuple[str, dict[str, Any]]:
    request, context = _sign_up(message)
    context["manage_url"] = _absolute("me")
    return request.language, context


def _sign_in(message: OutboxMessage) -> tuple[str, dict[str, Any]]:
    link = SignInLink.objects.filter(pk=message.subject_id or 0).first()
    if link is None:
        raise NothingToSay
    context = {
        "signin_url": _absolute("me_open", sign_in_token(link)),
        "valid_minutes": int(signing_in.LINK_WORKS_FOR.total_seconds() // 60),
    }
    return message.subscriber.language, context


def _sign_up(message: OutboxMessage) -> tuple[SignUp, dict[str, Any]]:
    request = SignUp.objects.filter(pk=message.subject_id or 0).first()
    if request is None:
        raise NothingToSay
    with translation.override(request.language):
        topics = [{"name": topic.local_name, "agency": topic.agency.local_name} for topic in chosen_topics(request)]
    return request, {"topics": topics}


def _address_confirm(message: OutboxMessage) -> tuple[str, dict[str, Any]]:
    change = _change(message)
    hours = int(LINK_WORKS_FOR.total_seconds() // 3_600)
    context = {"confirm_url": _absolute("address_confirm", confirm_token(change)), "valid_hours": hours}
    is_joined = joins(change)
    asked_for = message.subscriber.language if is_joined else change.subscriber.language
    return asked_for, context | {"joins": is_joined}


def _address_notice(message: OutboxMessage) -> tuple[str, dict[str, Any]]:
    change = _change(message)
    context = {"refuse_url": _absolute("address_refuse", refuse_token(change)), "valid_days": TAKE_BACK_FOR.days}
    return change.subscriber.language, context


def _change(message: OutboxMessage) -> AddressChange:
    changes = AddressChange.objects.select_related("subscriber").filter(ended_at=None)
    change = changes.filter(pk=message.subject_id or 0).first()
    if change is None:
        raise NothingToSay
    return change


def _absolute(name: str, *args: str) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=args)}"


_CONTEXTS: dict[OutboxMessage.Kind, Callable[[OutboxMessage], tuple[str, dict[str, Any]]]] = {
    OutboxMessage.Kind.CONFIRM: _confirm,
    OutboxMessage.Kind.ALREADY_SUBSCRIBED: _already_subscribed,
    OutboxMessage.Kind.SIGN_IN: _sign_in,
    OutboxMessage.Kind.ADDRESS_CONFIRM: _address_confirm,
    OutboxMessage.Kind.ADDRESS_NOTICE: _address_notice,
}
