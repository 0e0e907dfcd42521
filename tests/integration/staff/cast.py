"""A small named cast for tests of staff pages and API: a ministry, a city beside it, and who works there."""

from collections.abc import Iterable

from django.utils import timezone

from agencies.api_keys import create_api_key
from agencies.models import Agency, Membership, Role, User
from agencies.models.api_key import Scope
from subscriptions.address_key import address_key
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
            url=f"https://hooks.example/{number}",
            sealed_secret="-",
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
