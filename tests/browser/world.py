"""What the pages show in the browser's tests: enough of everything, with long words and three scripts."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from agencies.models import Agency
from alerts.lanes import Lane
from alerts.models import Alert, Bulletin, Delivery, DigestItem, Dispatch, TopicEntry
from alerts.partitions import ensure_month
from subscriptions.changing_address import confirm_token, refuse_token
from subscriptions.confirming import confirmation_token
from subscriptions.models import AddressChange, Category, Endpoint, Frequency, SignUp, Subscriber
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town

STORM = """Heavy rain until Saturday evening
The *Weather Service* expects **80 litres** on each square metre.

## What you can do

1. Clear the drains in front of your house.
2. Bring children and animals inside.
3. Look at the [river levels](https://example.org/levels).

| River | Now | Friday |
| --- | --- | --- |
| Brook | 1.9 m | 3.0 m |
| Wasserstraßenverwaltungsbezirk | 0.4 m | 1.2 m |

> The peak is expected at four in the morning.
"""
STORM_AR = """أمطار غزيرة حتى مساء السبت
تتوقع هيئة الأرصاد **80 لتراً** في كل متر مربع.

## ماذا تفعل

1. نظّف المصارف أمام منزلك.
2. أدخل الأطفال والحيوانات.
"""
STORM_UK = """Сильний дощ до вечора суботи
Очікується **80 літрів** на квадратний метр.
"""


@dataclass(frozen=True)
class World:
    """Every page that a citizen can reach, by a name."""

    town: Town
    carla: Subscriber
    pages: dict[str, str]


def a_world() -> World:
    """Agencies, topics, bulletins, alerts, and Carla with something on each of her pages."""
    town = cast.a_town()
    _more_agencies()
    _nature()
    storm = cast.a_bulletin(town.floods, town.drought, texts={"en": STORM, "ar": STORM_AR, "uk": STORM_UK})
    for day, title in enumerate(("Bridge closed for repairs", "New bus lane in River Road", "Market moves"), start=1):
        cast.a_bulletin(
            town.roads,
            texts={"es": f"{title}\nSee the map."},
            published_at=timezone.now() - timedelta(days=day),
        )
    alert = cast.an_alert(town.floods, title="Flash flood in the lower town: go to a higher floor now")
    cast.an_alert(town.roads, title="Test of the sirens", status=Alert.Status.TEST)
    cast.an_alert(town.floods, title="Storm surge", expires=timezone.now() - timedelta(days=2))
    carla = cast.a_subscriber(floods=Frequency.IMMEDIATE, drought=Frequency.WEEKLY, roads=Frequency.DAILY)
    for number, status in enumerate((Endpoint.Status.ACTIVE, Endpoint.Status.PENDING, Endpoint.Status.FAILED)):
        Endpoint.objects.create(
            subscriber=carla,
            url=f"https://alerts.example.org/receivers/{number}/a-rather-long-path-that-goes-on-and-on",
            sealed_secret="-",
            status=status,
            note="The endpoint answered with 500." if status == Endpoint.Status.FAILED else "",
        )
    request = SignUp.objects.create(
        subscriber=carla,
        choices={str(town.floods.pk): "immediate", str(town.roads.pk): "weekly"},
        language="uk",
        page="/subscribe/",
    )
    unsubscribe = cast.unsubscribe_link(carla, town.floods)
    _sent_to(carla, storm)
    change = AddressChange.objects.create(
        subscriber=carla, new_email="Carla.Wasserstrassenverwaltung@new.example.org", requested_at=timezone.now()
    )
    pages = {
        "home": "/",
        "search": "/?q=water&topic=roads",
        "nothing-found": "/?q=qwertz",
        "search-mistyped": "/?q=flod",
        "agency": "/agencies/brook/",
        "category": "/categories/nature/?topic=roads",
        "subcategory": "/categories/weather-and-water/",
        "privacy": "/privacy/",
        "accessibility": "/accessibility/",
        "agency-privacy": "/agencies/brook/privacy/",
        "agency-accessibility": "/agencies/brook/accessibility/",
        "embed": "/embed/brook/?topics=roads",
        "embed-done": "/embed/brook/check-your-mail/",
        "my-areas": "/me/areas/",
        "topic": "/topics/floods/",
        "bulletin": f"/bulletins/{storm.pk}/",
        "bulletin-arabic": f"/bulletins/{storm.pk}/?lang=ar",
        "bulletin-alert": f"/bulletins/{alert.pk}/",
        "alerts": "/alerts/",
        "push": "/push/",
        "archive": "/archive/",
        "archive-filtered": "/archive/?q=brook&agency=brook&category=transport&language=es&since=2020-01-01",
        "archive-nothing": "/archive/?q=qwertz&agency=brook",
        "subscribe": "/subscribe/?topic=floods&topic=roads",
        "subscribe-nothing": "/subscribe/",
        "check-your-mail": "/subscribe/check-your-mail/",
        "confirm": f"/confirm/{confirmation_token(request)}/",
        "confirm-cut": f"/confirm/{confirmation_token(request)[:-4]}/",
        "unsubscribe": unsubscribe,
        "sign-in": "/me/sign-in/",
        "sign-in-open": cast.sign_in_link(carla),
        "not-found": "/topics/duty-roster/",
        "me": "/me/",
        "me-endpoints": "/me/endpoints/",
        "me-sent": "/me/sent/",
        "me-times": "/me/times/",
        "me-address": "/me/address/",
        "address-confirm": f"/me/address/confirm/{confirm_token(change)}/",
        "address-refuse": f"/me/address/refuse/{refuse_token(change)}/",
    }
    return World(town, carla, pages)


def _sent_to(carla: Subscriber, storm: Bulletin) -> None:
    """The storm by mail and to her machines, and a digest of the roads' bulletins."""
    now = timezone.now()
    month = now.date().replace(day=1)
    ensure_month(month)
    of_storm = Dispatch.objects.create(
        bulletin=storm, agency=storm.agency, lane=Lane.ROUTINE, month=month, cut_off=now, state=Dispatch.State.DONE
    )
    digest = Dispatch.objects.create(
        period=Frequency.DAILY, lane=Lane.DIGEST, month=month, since=now, cut_off=now, state=Dispatch.State.DONE
    )
    recipients = [(1, carla.pk), *((2, endpoint.pk) for endpoint in carla.endpoints.order_by("pk"))]
    status = [Delivery.Status.SENT, Delivery.Status.SENT, Delivery.Status.PENDING, Delivery.Status.FAILED]
    rows = [(of_storm, *one) for one in zip(recipients, status, strict=True)]
    for dispatch, (kind, recipient), result in [*rows, (digest, recipients[0], Delivery.Status.SENT)]:
        Delivery.objects.create(
            month=month, dispatch_id=dispatch.pk, recipient_kind=kind, recipient_id=recipient, channel=kind,
            lane=dispatch.lane, status=result, attempts=1, changed_at=now, topics=[],
        )  # fmt: skip
    for number in Bulletin.objects.filter(topics__slug="roads").values_list("pk", flat=True):
        DigestItem.objects.create(
            month=month, dispatch_id=digest.pk, recipient_id=carla.pk, bulletin_id=number, topics=[1]
        )


def _nature() -> None:
    """A subject with two others in it, and topics that many people follow."""
    nature = cast.a_category("Nature", description="Water, weather and everything else that is outside.")
    Category.objects.filter(slug="weather-and-water").update(parent=nature)
    cast.a_topic(Agency.objects.get(slug="brook"), "parks", "Parks and gardens", "Lawns and trees.", "Parks")
    Category.objects.filter(slug="parks").update(parent=nature)
    TopicEntry.objects.filter(topic__slug__in=("floods", "roads", "parks")).update(followers=120)


def _more_agencies() -> None:
    kinds = list(Agency.Kind)
    names = ("Weather Service", "Health Board of the Northern Region", "Schools of Brook", "Fire and Rescue")
    for number, name in enumerate(names):
        slug = name.lower().replace(" ", "-")
        agency = cast.an_agency(slug, name, kind=kinds[number])
        cast.a_topic(agency, f"{slug}-news", f"News from the {name}", "All that is new.", "News")
