"""Two hundred people who follow several topics each, in six languages, and four who must get nothing."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from agencies.models import Agency
from subscriptions.address_key import address_key
from subscriptions.models import Frequency, Subscriber, Subscription, Topic
from subscriptions.suppressing import suppress
from tests.integration.staff.cast import a_topic, an_agency
from tests.journeys.items import Item, agencies

PEOPLE = 200
LANGUAGES = ("en", "ar", "es", "fr", "ro", "uk")
# As typed, and as they stand in the envelope: domains in A-labels, local parts untouched (RFC 5891, RFC 6531).
ODD_ADDRESSES = {
    3: ("Jürgen.Groß@Bücher.example.org", "Jürgen.Groß@xn--bcher-kva.example.org"),
    4: ("o'neil+news@People.Example.Org", "o'neil+news@people.example.org"),
    5: ("info@مثال.example.org", "info@xn--mgbh0fb.example.org"),
}
Follows = dict[str, set[str]]  # envelope address: slugs of topics


def cast(items: Sequence[Item]) -> list[Agency]:
    """The agencies that the items name, with their topics."""
    found = [an_agency(slug, name) for slug, name in agencies(items).items()]
    by_slug = {agency.slug: agency for agency in found}
    wanted = {slug: item.agency_slug for item in items for slug in item.topics}
    for slug, agency in wanted.items():
        a_topic(by_slug[agency], slug)
    return found


def settle(items: Sequence[Item]) -> Follows:
    """Make the people, and who follows what. Everybody follows something, each agency has 20 followers or more."""
    topics = Topic.objects.in_bulk(field_name="slug")
    news = [slug for slug in sorted(topics) if slug.endswith("-news")]
    others = [slug for slug in sorted(topics) if not slug.endswith("-news")]
    heard = {
        number: {slug for at, slug in enumerate(news) if _takes(number, at, len(news), every=10)}
        | {slug for at, slug in enumerate(others) if (number * 3 + at * 11) % 20 == 1}
        for number in range(PEOPLE)
    }
    people = [_person(number, _typed(number)) for number in range(PEOPLE)]
    _follow(people, [sorted(heard[number]) for number in range(PEOPLE)], topics)
    _bystanders(topics)
    return {_envelope(number): slugs for number, slugs in heard.items()}


def _takes(number: int, at: int, news: int, *, every: int) -> bool:
    """One in ten follows an agency; where there are fewer than ten agencies everybody still follows one."""
    return (number + 7 * at) % min(every, news) == 0


def _typed(number: int) -> str:
    return ODD_ADDRESSES[number][0] if number in ODD_ADDRESSES else f"reader{number}@people.example.org"


def _envelope(number: int) -> str:
    return ODD_ADDRESSES[number][1] if number in ODD_ADDRESSES else f"reader{number}@people.example.org"


def _bystanders(topics: dict[str, Topic]) -> None:
    """Followers of every topic who get nothing at once: a daily reader, one who left, one suppressed, one pending."""
    daily, left, suppressed, pending = people = [
        _person(PEOPLE + n, f"bystander{n}@people.example.org") for n in range(4)
    ]
    _follow(people, [sorted(topics)] * 4, topics)
    daily.subscriptions.update(frequency=Frequency.DAILY)
    left.subscriptions.update(ended_at=timezone.now())
    suppress(address_keys=[bytes(suppressed.address_key)], reason="hard-bounce", code="5.1.1")
    Subscriber.objects.filter(pk=pending.pk).update(status=Subscriber.Status.PENDING)


def _person(number: int, email: str) -> Subscriber:
    return Subscriber.objects.create(
        email=email,
        address_key=address_key(email),
        status=Subscriber.Status.ACTIVE,
        language=LANGUAGES[number % len(LANGUAGES)],
        confirmed_at=timezone.now(),
    )


def _follow(people: Sequence[Subscriber], heard: Sequence[Sequence[str]], topics: dict[str, Topic]) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    Subscription.objects.bulk_create(
        Subscription(subscriber=person, topic=topics[slug], started_at=long_ago)
        for person, slugs in zip(people, heard, strict=True)
        for slug in slugs
    )
