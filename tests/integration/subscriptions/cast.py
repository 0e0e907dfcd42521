"""A small named cast for tests of the citizens' side: two agencies, four topics, and Carla, who may listen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.core import signing
from django.test import Client
from django.utils import timezone
from django.utils.text import slugify

from agencies.models import Agency
from alerts.models import Alert, Bulletin, BulletinTopic, BulletinVariant
from channels.markup import to_safe_html
from channels.tokens import unsubscribe_token
from subscriptions.address_key import address_key
from subscriptions.keys import signer
from subscriptions.models import Category, Frequency, Place, SignInLink, Subscriber, Subscription, Topic
from subscriptions.models.place import search_text
from subscriptions.pages import form_clock
from subscriptions.signing_in import sign_in_token
from subscriptions.signing_up import sign_up

CARLA = "Carla@Example.org"


@dataclass(frozen=True)
class Town:
    """Two agencies and their topics."""

    water: Agency
    city: Agency
    floods: Topic
    drought: Topic
    roads: Topic
    internal: Topic


def a_town() -> Town:
    water = an_agency("water", "Ministry of Water", kind=Agency.Kind.NATIONAL, colour="#0b6e99")
    city = an_agency("brook", "City of Brook", kind=Agency.Kind.LOCAL, colour="#ffd54f", default_language="es")
    return Town(
        water=water,
        city=city,
        floods=a_topic(water, "floods", "Flood warnings", "When a river rises, and what to do.", "Weather and water"),
        drought=a_topic(water, "drought", "Drought notices", "Limits on water use.", "Weather and water"),
        roads=a_topic(city, "roads", "Road works", "Closed streets and detours.", "Transport"),
        internal=a_topic(water, "duty-roster", "Duty roster", "Who is on call.", is_public=False),
    )


def an_agency(slug: str, name: str, **fields: Any) -> Agency:
    return Agency.objects.create(
        slug=slug,
        name=name,
        description=f"{name} looks after everybody.",
        from_address=f"bulletins@{slug}.example",
        reply_address=f"desk@{slug}.example",
        postal_address="1 River Road, Brook",
        **fields,
    )


def a_topic(agency: Agency, slug: str, name: str, description: str = "", category: str = "", **fields: Any) -> Topic:
    subject = a_category(category) if category else None
    return Topic.objects.create(
        agency=agency, slug=slug, name=name, description=description, category=subject, **fields
    )


def a_category(name: str, parent: Category | None = None, **fields: Any) -> Category:
    """The one of this name, made where there is none."""
    return Category.objects.get_or_create(slug=slugify(name), defaults={"name": name, "parent": parent} | fields)[0]


def a_country() -> dict[str, Place]:
    """Two regions, their counties and towns, by code; two of the towns have the same name."""
    known: dict[str, Place] = {}
    for code, name, parent in (
        ("N", "North", ""),
        ("N-1", "Northshire", "N"),
        ("N-11", "Milltown", "N-1"),
        ("N-12", "Fellgate", "N-1"),
        ("S", "South", ""),
        ("S-1", "Southshire", "S"),
        ("S-11", "Milltown", "S-1"),
        ("S-12", "Southwell", "S-1"),
    ):
        known[code] = a_place(code, name, known.get(parent))
    return known


def a_place(code: str, name: str, parent: Place | None = None, **fields: Any) -> Place:
    kind = Place.Kind.MUNICIPALITY if parent and parent.parent else Place.Kind.COUNTY if parent else Place.Kind.REGION
    given = {"scheme": "TEST", "kind": kind, "geocodes": [f"TEST={code}"], "search_text": search_text([name, code])}
    place = Place.objects.create(code=code, name=name, parent=parent, **given | fields)
    place.path = f"{parent.path if parent else '/'}{place.pk}/"
    place.save(update_fields=["path"])
    return place


def a_subscriber(email: str = CARLA, **topics: Frequency) -> Subscriber:
    """Somebody confirmed, who gets the topics (by slug) at these frequencies."""
    long_ago = timezone.now() - timedelta(days=30)
    subscriber = Subscriber.objects.create(
        email=email, address_key=address_key(email), status=Subscriber.Status.ACTIVE, confirmed_at=long_ago
    )
    Subscription.objects.bulk_create(
        Subscription(
            subscriber=subscriber, topic=Topic.objects.get(slug=slug), frequency=frequency, started_at=long_ago
        )
        for slug, frequency in topics.items()
    )
    return subscriber


def ask(*topics: Topic, email: str = CARLA, frequency: Frequency = Frequency.IMMEDIATE, **options: Any) -> None:
    """Sign up for the topics."""
    given = {"language": "en", "page": "/subscribe/", "ip": "192.0.2.1"} | options
    sign_up(email=email, choices=dict.fromkeys(topics, frequency), **given)


def has(subscriber: Subscriber) -> dict[str, str]:
    """What somebody gets now: topics' slugs and frequencies."""
    return dict(subscriber.subscriptions.current().values_list("topic__slug", "frequency"))


def a_form(*topics: Topic, **fields: str) -> dict[str, Any]:
    """The subscribe page's form, filled in by a person an hour after it was opened."""
    started = signing.dumps(timezone.now().timestamp() - 3_600, salt=form_clock.SALT)
    frequencies = {f"frequency-{topic.pk}": "immediate" for topic in topics}
    form = {"topic": [topic.slug for topic in topics], "email": CARLA, "language": "en", "website": ""}
    return form | {"started": started} | frequencies | fields


def unsubscribe_link(subscriber: Subscriber, *topics: Topic) -> str:
    """As it stands in a bulletin's header."""
    token = unsubscribe_token(signer(), subscriber.pk, 1, [topic.pk for topic in topics])
    return f"/u/{token.decode()}"


def sign_in_link(subscriber: Subscriber) -> str:
    return f"/me/sign-in/{sign_in_token(SignInLink.objects.create(subscriber=subscriber))}/"


def signed_in(subscriber: Subscriber) -> Client:
    """Her browser, after she pressed the button behind the link of the mail."""
    client = Client()
    client.post(sign_in_link(subscriber))
    return client


def a_bulletin(*topics: Topic, texts: dict[str, str] | None = None, **fields: Any) -> Bulletin:
    """Published now; `texts` are Markdown by language, each with its title on the first line."""
    given = {"status": Bulletin.Status.PUBLISHED, "published_at": timezone.now()} | fields
    bulletin = Bulletin.objects.create(agency=topics[0].agency, **given)
    BulletinTopic.objects.bulk_create(
        BulletinTopic(bulletin=bulletin, topic=topic, position=place) for place, topic in enumerate(topics)
    )
    for language, text in (texts or {"en": "River level rising\nThe **Brook** will reach 3 m on Friday."}).items():
        title, _, body = text.partition("\n")
        BulletinVariant.objects.create(
            bulletin=bulletin, language=language, title=title, body=body, html=to_safe_html(body, "markdown")
        )
    return bulletin


def an_alert(*topics: Topic, expires: datetime | None = None, title: str = "Flash flood", **fields: Any) -> Alert:
    """A published, standing alert."""
    bulletin = a_bulletin(*topics, texts={"en": f"{title}\nGo to the first floor or higher now."})
    facts = SimpleNamespace(
        identifier=f"water-{bulletin.pk}",
        sender="bulletins@water.example",
        sent=timezone.now(),
        status=Alert.Status.ACTUAL,
        category=["Met"],
        event="Flash flood",
        urgency="Immediate",
        severity="Severe",
        certainty="Observed",
        expires=expires or timezone.now() + timedelta(hours=6),
        areas=[{"description": "Lower town"}],
    )
    given = vars(facts) | fields
    bulletin.variants.update(event=given.pop("event"))
    return Alert.objects.create(bulletin=bulletin, **given)
