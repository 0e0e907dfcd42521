"""A small named cast for tests of staff pages and API: a ministry, a city beside it, and who works there."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone

from agencies.api_keys import create_api_key
from agencies.models import Agency, Membership, Role, User
from agencies.models.api_key import Scope
from alerts.acts.alert_drafting import AlertDetails, draft_alert
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.models import Alert, Bulletin
from channels.webhook.signing import new_secret
from subscriptions.address_key import address_key
from subscriptions.keys import secret_box
from subscriptions.models import Endpoint, Frequency, Subscriber, Subscription, Topic

PASSWORD = "a long enough password"


def an_agency(slug: str = "water", name: str = "Ministry of Water", **fields: object) -> Agency:
    return Agency.objects.create(
        slug=slug,
        name=name,
        from_address=f"bulletins@{slug}.example",
        reply_address=f"desk@{slug}.example",
        postal_address="1 River Road, Brook",
        **fields,
    )


def a_topic(agency: Agency, slug: str = "floods", name: str = "", **fields: object) -> Topic:
    return Topic.objects.create(agency=agency, slug=slug, name=name or slug.replace("-", " ").title(), **fields)


def a_person(agency: Agency, *roles: Role, name: str = "Ana Author", email: str = "") -> User:
    address = email or f"{name.split(maxsplit=1)[0].lower()}@{agency.slug}.example"
    user = User.objects.create_user(address, PASSWORD, name=name)
    Membership.objects.bulk_create(Membership(user=user, agency=agency, role=role) for role in roles)
    return user


def a_key(agency: Agency, *scopes: Scope) -> str:
    """The text of a new key; by default with every scope."""
    return create_api_key(agency=agency, name="test", scopes=list(scopes or Scope), created_by=None)[1]


def listeners(topics: Iterable[Topic], people: int, machines: int = 0) -> None:
    """So many confirmed people and verified machines, all of whom follow all the topics."""
    now = timezone.now()
    known = Subscriber.objects.count()
    subscribers = Subscriber.objects.bulk_create(
        Subscriber(
            email=f"citizen{number}@example.org",
            address_key=address_key(f"citizen{number}@example.org"),
            status=Subscriber.Status.ACTIVE,
            confirmed_at=now,
        )
        for number in range(known, known + people)
    )
    owner = subscribers[0] if subscribers else None
    endpoints = Endpoint.objects.bulk_create(
        Endpoint(
            subscriber=owner,
            url=f"https://127.0.0.1/{number}",  # which is never called: the guard forbids it
            sealed_secret=secret_box().encrypt(new_secret()),
            status=Endpoint.Status.ACTIVE,
        )
        for number in range(machines)
    )
    heard = [{"subscriber": one} for one in subscribers] + [{"endpoint": one} for one in endpoints]
    Subscription.objects.bulk_create(
        Subscription(topic=topic, frequency=Frequency.IMMEDIATE, started_at=now, **listener)
        for topic in topics
        for listener in heard
    )


def signed_in(user: User) -> Client:
    """A browser in which the person has signed in with both factors."""
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, generate_totp_secret())
    client = Client()
    client.force_login(user)
    return client


def fresh(client: Client) -> Client:
    """The same, after the person has shown once more that it is them."""
    answer = client.post("/staff/sign-in/reauthenticate/", {"password": PASSWORD, "next": "/staff/"})
    assert answer.status_code == 302, answer.content
    return client


def a_draft(topic: Topic, author: User | None = None, title: str = "River rising") -> Bulletin:
    text = VariantText("en", title, "The **Brook** rises.")
    return create_bulletin(agency=topic.agency, topics=[topic], variants=[text], author=author)


def an_alert(topic: Topic, operator: User | None, **changes: Any) -> Alert:
    """A drafted alert for the next six hours; live unless a status is given."""
    details: dict[str, Any] = {
        "event": "Flash flood",
        "category": ["Met"],
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "areas": [{"description": "Lower town"}],
        "expires": timezone.now() + timedelta(hours=6),
    }
    text = VariantText(
        "en", "Flash flood in the lower town", "The Brook is over its banks.", instruction="Go upstairs."
    )
    alert = draft_alert(
        agency=topic.agency,
        topics=[topic],
        variants=[text],
        details=AlertDetails(**details | changes),
        author=operator,
    )
    alert.refresh_from_db()
    return alert
