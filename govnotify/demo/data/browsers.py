"""Six browsers that listen: subscribed, welcomed and proved by the platform's own services, played by the receiver."""

from dataclasses import dataclass

from govnotify.demo.data.agencies import EMERGENCY_TOPIC, ROUTINE_TOPIC
from govnotify.demo.data.endpoints import Receiver
from govnotify.demo.data.places import CAPITAL
from govnotify.demo.receiver.browser import DemoBrowser, new_secret
from govnotify.demo.state import Secrets
from subscriptions.areas import set_browser_areas
from subscriptions.browser_identity import Given, find
from subscriptions.browsers import confirm_browser, tell_browser
from subscriptions.forgetting_browsers import forget
from subscriptions.keys import push_key
from subscriptions.models import Browser, BrowserConsent, Place, Topic
from subscriptions.welcoming import welcome_pending

SECRET = "{} browser"  # noqa: S105  the name of one


@dataclass(frozen=True, slots=True)
class Wish:
    language: str
    topics: tuple[str, ...] = ()
    every_emergency: bool = False
    place: str = ""  # code


# The flood of the main job threatens the capital: the shepherd lives elsewhere and does not hear of it.
BROWSERS = {
    "commuters-phone": Wish("en", (ROUTINE_TOPIC,), every_emergency=True),
    "grandmothers-tablet": Wish("ro", (ROUTINE_TOPIC, EMERGENCY_TOPIC), place=CAPITAL),
    "students-laptop": Wish("uk", (ROUTINE_TOPIC,)),
    "harbour-office": Wish("fr", (EMERGENCY_TOPIC,), place=CAPITAL),
    "bakery": Wish("ar", (), every_emergency=True),
    "shepherds-phone": Wish("es", (ROUTINE_TOPIC,), every_emergency=True, place="TM-2205"),
}


def ensure_browsers(receiver: Receiver, secrets: Secrets) -> None:
    """All of them, known to the receiver and told from now on.

    Each keeps its keys. A receiver that moved to another port is another push service, at which they subscribe anew.
    """
    known = {browser.endpoint.rsplit("/", 1)[1]: browser for browser in Browser.objects.active()}
    for name, wish in BROWSERS.items():
        secret = secrets.get(SECRET.format(name), new_secret)
        receiver.tell_browser(name, f"{secret}\n{push_key()}")
        given = Given(receiver.push(name), DemoBrowser(secret).keys, push_key())
        before = known.get(name)
        if before is not None and find(given) == before:
            continue
        if before is not None:
            forget([before.pk], BrowserConsent.Way.MOVED)
        _subscribe(given, wish)
        welcome_pending()
        confirm_browser(token=receiver.answer_of(name), page="/push/answer/")


def _subscribe(given: Given, wish: Wish) -> None:
    topics = list(Topic.objects.filter(slug__in=wish.topics))
    browser = tell_browser(
        given=given,
        topics=topics,
        every_emergency=wish.every_emergency,
        language=wish.language,
        ip="127.0.0.1",
        page=topics[0].get_absolute_url() if topics else "/alerts/",
    )
    set_browser_areas(browser=browser, places=Place.objects.filter(code=wish.place))
