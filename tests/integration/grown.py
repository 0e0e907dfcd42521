"""Every page with something behind it, and ten times as much of all that is listed anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from agencies.models import Agency, Membership, Role, User
from agencies.models.api_key import Scope
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.content import VariantText
from alerts.acts.drafting import create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.models import Alert, Bulletin, Delivery, DigestItem, Dispatch, TopicEntry
from subscriptions.models import (
    Category,
    Endpoint,
    Frequency,
    PartnerPin,
    RelatedTopic,
    Source,
    SourceCount,
    Subscriber,
    SubscriberArea,
    Subscription,
    Topic,
)
from tests.browser.world import World, a_world
from tests.integration.staff import cast as staff
from tests.integration.subscriptions import cast

ONE = 3  # of everything; ten times that is more than any page lists


@dataclass(frozen=True)
class Country:
    """A world with people at work in it. `texts` are what was published, `drafts` what was not."""

    world: World
    ana: User  # with every role, who also administers the platform
    key: str
    bulletin: Bulletin
    draft: Bulletin
    alert: Alert
    draft_alert: Alert
    endpoint: Endpoint

    @property
    def water(self) -> Agency:
        return self.world.town.water


def a_country() -> Country:
    world = a_world()
    town = world.town
    ana = staff.a_person(town.water, *Role, name="Ana Author")
    User.objects.filter(pk=ana.pk).update(is_platform_admin=True)
    arif = staff.a_person(town.water, *Role, name="Arif Approver")
    bulletin = _published(town.floods, ana, "Dam inspected")
    alert = staff.an_alert(town.floods, arif)
    alert.source_xml = b"<alert/>"
    alert.save()
    approve_alert(alert=alert, approver=ana, seen_hash=content_hash(alert))
    key = staff.a_key(town.water, *Scope)
    endpoint = Endpoint.objects.create(agency=town.water, url="https://own.example/", sealed_secret="-")
    draft, draft_alert = staff.a_draft(town.floods, ana), staff.an_alert(town.floods, arif)
    return Country(world, ana, key, bulletin, draft, alert, draft_alert, endpoint)


def grow(country: Country, times: int) -> None:
    """So many times ONE more of everything."""
    for _ in range(times * ONE):
        _more(country, Agency.objects.count())


def _more(country: Country, number: int) -> None:
    town, ana, carla, now = country.world.town, country.ana, country.world.carla, timezone.now()
    agency = cast.an_agency(f"agency-{number}", f"Agency {number}", embed_sites=[f"https://a{number}.example"])
    Membership.objects.bulk_create(Membership(user=ana, agency=agency, role=role) for role in Role)
    nature = Category.objects.get(slug="nature")
    subject = cast.a_category(f"Subject {number}", parent=nature)
    topics = [
        Topic.objects.create(agency=one, slug=f"water-{number}-{one.pk}", name=f"Water {number}", category=subject)
        for one in (agency, town.water, town.city)
    ]
    TopicEntry.objects.filter(topic__in=topics).update(followers=100)
    for topic in topics:
        Subscription.objects.create(subscriber=carla, topic=topic, frequency=Frequency.DAILY, started_at=now)
        RelatedTopic.objects.create(topic=town.floods, other=topic, score=0.5)
        SourceCount.objects.create(
            topic=topic,
            source=Source.objects.at(Source.Kind.EMBED, f"https://s{number}.example"),
            followers=5,
            newcomers=1,
        )
    PartnerPin.objects.create(agency=town.water, topic=topics[2], position=number % 30_000)
    place = cast.a_place(f"P-{number}", f"Place {number}")
    SubscriberArea.objects.create(subscriber=carla, place=place)
    Endpoint.objects.create(subscriber=carla, url=f"https://e{number}.example/", sealed_secret="-")
    Endpoint.objects.create(agency=town.water, url=f"https://e{number}.example/", sealed_secret="-")
    first = _published(town.floods, ana, f"Water news {number}")
    Dispatch.objects.filter(bulletin=first).update(state=Dispatch.State.DONE, finished_at=now)
    _published(town.roads, ana, f"Water works {number}")
    staff.a_draft(town.floods, ana, f"Draft {number}")
    staff.a_draft(town.floods, None, f"Another draft {number}")
    cast.a_bulletin(town.floods, corrects=country.bulletin)
    cast.a_bulletin(town.floods, texts={"en": "Withdrawn\nGone."}, status=Bulletin.Status.WITHDRAWN, withdrawn_at=now)
    cast.an_alert(town.floods, title=f"Flood {number}")
    cast.an_alert(town.floods, title=f"Past flood {number}", expires=now - timedelta(days=1))
    staff.an_alert(town.floods, country.draft_alert.bulletin.created_by)
    _sent(carla, (first, country.bulletin, country.alert.bulletin), now)


def _published(topic: Topic, editor: User, title: str) -> Bulletin:
    texts = [VariantText(language, title, f"The **Brook**, {title}.") for language in ("en", "fr", "ar")]
    bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=texts, author=editor)
    Membership.objects.get_or_create(user=editor, agency=topic.agency, role=Role.PUBLISHER)
    publish_bulletin(bulletin=bulletin, publisher=editor)
    return bulletin


def _sent(carla: Subscriber, country_bulletins: tuple[Bulletin, ...], now: datetime) -> None:
    """One more item of a digest that was sent to her, and one more recipient of each of the bulletins."""
    digest = Dispatch.objects.filter(bulletin=None).order_by("pk")[0]
    newest = Bulletin.objects.published().latest("pk")
    DigestItem.objects.create(
        month=digest.month, dispatch_id=digest.pk, recipient_id=carla.pk, bulletin_id=newest.pk, topics=[1]
    )
    known = Subscriber.objects.count()
    person = cast.a_subscriber(f"person{known}@example.org")
    for dispatch in Dispatch.objects.filter(bulletin__in=country_bulletins):
        for recipient in (person, carla):
            Delivery.objects.get_or_create(
                month=dispatch.month, dispatch_id=dispatch.pk, recipient_kind=1, recipient_id=recipient.pk, channel=1,
                defaults={"lane": dispatch.lane, "status": 1, "attempts": 1, "changed_at": now, "topics": []},
            )  # fmt: skip


def pages(country: Country) -> Iterator[tuple[str, Client, str]]:
    """Each with the browser that opens it, by a name."""
    anybody, carla, ana = Client(), cast.signed_in(country.world.carla), staff.fresh(staff.signed_in(country.ana))
    machine = Client(headers={"Authorization": f"Bearer {country.key}"})
    for name, path in country.world.pages.items():
        yield name, carla if path.startswith("/me/") or name == "sign-in-open" else anybody, path
    yield "download", carla, "/me/download/"
    yield "push-worker", anybody, "/push/worker.js"
    for path in _machines(country):
        yield path, anybody, path
    for path in _staff(country):
        yield path, ana, path
    for path in _api(country):
        yield path, machine, path


def _machines(country: Country) -> Iterator[str]:
    """What machines read, and what nobody looks at for long."""
    for of in ("/topics/floods", "/agencies/water", "/alerts", "/archive"):
        yield from (f"{of}/feed.{form}" for form in ("atom", "rss", "json"))
    yield from (f"/archive/?q=water&older={country.bulletin.pk}", "/?q=water", "/?category=Nature")
    yield from ("/archive/?agency=none&area=none", "/archive/feed.json?agency=none&area=none&place=x")
    yield from (
        f"/alerts/{country.alert.pk}/",
        f"/alerts/{country.alert.pk}/cap.xml",
        country.bulletin.get_absolute_url(),
    )
    yield from (
        "/sitemap.xml",
        "/sitemaps/pages.xml",
        "/robots.txt",
        "/theme/0b6e99.css",
        "/manifest.webmanifest",
        "/api/schema/",
        "/developers/",
    )
    yield from (f"/sitemaps/{section}-0.xml" for section in ("agencies", "topics", "bulletins"))
    yield from ("/health/", "/health/live/", "/metrics/", "/staff/sign-in/login/", "/staff/sign-in/inactive/")
    yield from ("/api/nowhere", "/staff/sign-in/signup/")


def _staff(country: Country) -> Iterator[str]:
    yield "/staff/"
    yield from (f"/staff/agencies/water/{page}/" for page in ("embed", "partners", "sources", "names", "names/floods"))
    nature = Category.objects.get(slug="nature").pk
    yield from ("/staff/categories/", f"/staff/categories/{nature}/", f"/staff/categories/{nature}/delete/")
    yield "/staff/agencies/water/partners/?q=water"
    yield from ("/staff/bulletins/new/", "/staff/bulletins/new/?agency=water", "/staff/bulletins/preview/token/")
    yield from ("/staff/alerts/new/", "/staff/alerts/new/?agency=water")
    of_bulletin = ("", "progress", "edit", "publish", "resume", "stop", "withdraw", "correct", "recipients")
    for pk in (country.draft.pk, country.bulletin.pk):
        yield from (f"/staff/bulletins/{pk}/{page}/".replace("//", "/") for page in of_bulletin)
    of_alert = ("", "progress", "source", "topics", "approve", "resume", "stop", "recipients")
    for pk in (country.draft_alert.pk, country.alert.pk):
        yield from (f"/staff/alerts/{pk}/{page}/".replace("//", "/") for page in of_alert)
    own = ("2fa/", "2fa/reauthenticate/", "2fa/recovery-codes/", "2fa/totp/activate/", "2fa/totp/deactivate/")
    yield from (f"/staff/sign-in/{page}" for page in (*own, "password/change/", "reauthenticate/", "logout/"))


def _api(country: Country) -> Iterator[str]:
    yield from (f"/api/v1/bulletins/{country.bulletin.pk}", f"/api/v1/alerts/{country.alert.pk}")
    yield from ("/api/v1/topics", "/api/v1/endpoints", f"/api/v1/endpoints/{country.endpoint.pk}")
