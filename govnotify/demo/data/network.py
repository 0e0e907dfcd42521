"""What ties the demo's agencies together: partners, people who follow the same, and a city's own site with a form."""

import random
from collections.abc import Iterator

from agencies.audit import Actor
from agencies.models import Agency
from govnotify.demo.data.people import consent
from subscriptions.models import ConsentRecord, Frequency, Source, Subscriber, Subscription, Topic
from subscriptions.partnering import pin
from subscriptions.stocktaking import take_stock

CITY = "aldermouth"  # whose own site the mail catcher's process plays
CITY_SITE = "https://www.aldermouth.example"
PARTNERS = {
    "aldermouth": ("school-closures", "rail-disruptions", "river-elder-floods"),
    "civil-protection": ("severe-weather", "river-levels", "food-and-water-safety"),
    "health": ("air-quality", "product-recalls"),
    "schools": ("vaccination", "high-fells-buses"),
}
# People of one interest, so many of them.
GROUPS = (
    (260, ("aldermouth-waste", "aldermouth-streets", "aldermouth-council", "school-closures", "rail-disruptions")),
    (190, ("river-elder-floods", "river-levels", "severe-weather", "be-prepared")),
    (150, ("high-fells-news", "high-fells-winter-service", "high-fells-buses", "wildfires")),
    (130, ("vaccination", "outbreaks", "school-closures", "school-meals")),
    (90, ("business-notices", "taxes-and-benefits", "high-fells-grants", "adult-learning")),
)
BATCH = 5_000


def make_network() -> None:
    """After the people are there. Ends with the first count of it all, so that every page has something to show."""
    topics = {topic.slug: topic for topic in Topic.objects.all()}
    for slug, partners in PARTNERS.items():
        agency = Agency.objects.get(slug=slug)
        for partner in partners:
            pin(agency=agency, topic=topics[partner], actor=Actor.of(None))
    new = Subscription.objects.bulk_create(_followed_together(topics), batch_size=BATCH)
    ConsentRecord.objects.bulk_create([consent(one, "/confirm/") for one in new], batch_size=BATCH)
    while take_stock(seconds=1):
        pass


def allow_city_site(port: int) -> None:
    """Let the page that plays the city's site show the form; over plain http, as everything on this machine is."""
    sites = [CITY_SITE, f"http://127.0.0.1:{port}", f"http://localhost:{port}"]
    Agency.objects.filter(slug=CITY).update(embed_sites=sites)


def _followed_together(topics: dict[str, Topic]) -> Iterator[Subscription]:
    """Each group's topics for its people, whatever else they follow: found by a suggestion, or on the city's site."""
    chance = random.Random(1848)  # noqa: S311  the same in every demo
    people = list(Subscriber.objects.order_by("pk"))
    known = set(Subscription.objects.values_list("subscriber_id", "topic_id"))
    network, site = Source.objects.at(Source.Kind.NETWORK), Source.objects.at(Source.Kind.EMBED, CITY_SITE)
    for number, slugs in GROUPS:
        for person in chance.sample(people, number):
            for topic in (topics[slug] for slug in slugs):
                if (person.pk, topic.pk) not in known:
                    known.add((person.pk, topic.pk))
                    source = site if topic.slug.startswith(CITY) and chance.random() < 0.5 else network
                    yield Subscription(
                        subscriber=person,
                        topic=topic,
                        frequency=Frequency.DAILY,
                        started_at=person.confirmed_at or person.created_at,
                        source=source,
                    )
