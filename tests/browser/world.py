"""What the pages show in the browser's tests: enough of everything, with long words and three scripts."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from agencies.models import Agency
from alerts.models import Alert
from subscriptions.confirming import confirmation_token
from subscriptions.models import Endpoint, Frequency, SignUp, Subscriber
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
    pages = {
        "home": "/",
        "search": "/?q=water&topic=roads",
        "nothing-found": "/?q=qwertz",
        "agency": "/agencies/brook/",
        "topic": "/topics/floods/",
        "bulletin": f"/bulletins/{storm.pk}/",
        "bulletin-arabic": f"/bulletins/{storm.pk}/?lang=ar",
        "bulletin-alert": f"/bulletins/{alert.pk}/",
        "alerts": "/alerts/",
        "archive": "/archive/",
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
    }
    return World(town, carla, pages)


def _more_agencies() -> None:
    kinds = list(Agency.Kind)
    names = ("Weather Service", "Health Board of the Northern Region", "Schools of Brook", "Fire and Rescue")
    for number, name in enumerate(names):
        slug = name.lower().replace(" ", "-")
        agency = cast.an_agency(slug, name, kind=kinds[number])
        cast.a_topic(agency, f"{slug}-news", f"News from the {name}", "All that is new.", "News")
