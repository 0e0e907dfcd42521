"""Every kind of link that the platform mails to somebody, and what makes a wrong one of a good one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from channels.tokens import unsubscribe_token
from subscriptions.changing_address import confirm_token, refuse_token
from subscriptions.confirming import confirmation_token
from subscriptions.keys import signer
from subscriptions.models import AddressChange, SignInLink, SignUp, Subscriber, Topic
from subscriptions.signing_in import sign_in_token

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"  # RFC 4648 section 5


@dataclass(frozen=True)
class Kind:
    """A page, what its button sends, and how a token for it is made for somebody."""

    path: str
    press: dict[str, str]
    make: Callable[[Subscriber], str]

    def at(self, token: str) -> str:
        return self.path.format(token)


def _confirm(subscriber: Subscriber) -> str:
    topic = Topic.objects.get(slug="roads")
    asked = SignUp.objects.create(subscriber=subscriber, choices={str(topic.pk): "daily"}, language="en", page="/")
    return confirmation_token(asked)


def _change(subscriber: Subscriber) -> AddressChange:
    email = f"new-{subscriber.pk}@example.org"
    return AddressChange.objects.create(subscriber=subscriber, new_email=email, page="/", requested_at=timezone.now())


def _unsubscribe(subscriber: Subscriber) -> str:
    return unsubscribe_token(signer(), subscriber.pk, 1, [Topic.objects.get(slug="floods").pk]).decode()


KINDS = {
    "confirm": Kind("/confirm/{}/", {"seen": ""}, _confirm),
    "more": Kind("/confirm/{}/more/", {"suggested": "floods"}, _confirm),
    "sign-in": Kind("/me/sign-in/{}/", {}, lambda one: sign_in_token(SignInLink.objects.create(subscriber=one))),
    "address": Kind("/me/address/confirm/{}/", {}, lambda one: confirm_token(_change(one))),
    "refuse": Kind("/me/address/refuse/{}/", {}, lambda one: refuse_token(_change(one))),
    "unsubscribe": Kind("/u/{}", {"List-Unsubscribe": "One-Click"}, _unsubscribe),
}


def cut(token: str) -> Iterator[str]:
    """At each length, from the end and from the beginning."""
    for length in range(1, len(token)):
        yield token[:length]
        yield token[length:]


def flipped(token: str) -> Iterator[str]:
    """With one of the six bits of each character the other way round."""
    for place, char in enumerate(token):
        for bit in range(6):
            yield token[:place] + ALPHABET[ALPHABET.index(char) ^ (1 << bit)] + token[place + 1 :]


def longer(token: str) -> Iterator[str]:
    yield from (token + "A", "A" + token, token + token, token + "=", token + "==", token.swapcase(), token * 40)
