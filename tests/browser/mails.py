"""Every kind of mail that the platform sends, as it arrives: written, published and sent by the code that does it."""

from datetime import timedelta

from django.utils import timezone

from agencies.models import Role
from alerts.acts.alert_drafting import AlertDetails, draft_alert
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.content import VariantText
from alerts.acts.correcting import create_correction
from alerts.acts.drafting import create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.digests import start_run
from alerts.models import Alert, Bulletin
from subscriptions.changing_address import request_change
from subscriptions.models import Frequency, Subscriber, Topic
from subscriptions.signing_in import request_sign_in
from tests.browser.world import STORM, STORM_AR, STORM_UK
from tests.engine import work_through
from tests.inbox import Inbox, Mail
from tests.integration.faults.scenes import somebody
from tests.integration.subscriptions import cast

READER, NEWCOMER, NEIGHBOUR, NEW_ADDRESS = (f"{name}@example.org" for name in ("nour", "ana", "ben", "nour.new"))
MORE = """
All of it: https://maps.example.org/flood/levels?river=brook&station=upper-mill&from=2026-11-14&to=2026-11-21&unit=cm

| River | Station | Monday | Tuesday | Wednesday | Thursday | Friday |
| --- | --- | --- | --- | --- | --- | --- |
| Brook | Upper mill | 1.90 m | 1.95 m | 2.10 m | 2.45 m | 3.00 m |
| Wasserstraßenverwaltungsbezirk | Lock | 0.40 m | 0.55 m | 0.80 m | 1.00 m | 1.20 m |

![Map of the flooded streets](https://maps.example.org/flood.png)
"""
ROAD = {
    "en": "Road closed\nThe **bridge** is closed until Friday evening. Buses go by River Road.",
    "ar": "إغلاق الطريق\n**الجسر** مغلق حتى مساء الجمعة. تمر الحافلات عبر طريق النهر.",
}
FLOOD = {
    "en": ("Flash flood in the lower town\nThe Brook is over its banks.", "Go upstairs now.\nTake your medicines."),
    "ar": ("فيضان مفاجئ في المدينة السفلى\nتجاوز النهر ضفتيه.", "اصعد إلى الطابق العلوي الآن.\nخذ أدويتك معك."),
}


class Post:
    """Sends mails to a reader of the language, "en" or "ar"; `mails` has the one of each kind."""

    def __init__(self, inbox: Inbox, language: str) -> None:
        self.inbox, self.language = inbox, language
        self.mails: dict[str, Mail] = {}
        self.town = cast.a_town()
        self.reader = cast.a_subscriber(READER, floods=Frequency.IMMEDIATE, drought=Frequency.DAILY)
        cast.a_subscriber(NEIGHBOUR, **{"duty-roster": Frequency.IMMEDIATE})
        Subscriber.objects.update(language=language)

    def send_all(self) -> "Post":
        storm = self._bulletin(self.town.floods, {"en": STORM + MORE, "ar": STORM_AR + MORE, "uk": STORM_UK})
        self._keep("bulletin")
        self._correct(storm)
        self._keep("correction")
        alert = self._alert()
        self._keep("alert")
        self._alert(msg_type="Update", references=[_triple(alert)])
        self._keep("alert-update")
        self._alert(msg_type="Cancel", references=[_triple(alert)])
        self._keep("alert-cancel")
        self._alert(status=Alert.Status.EXERCISE)
        self._keep("alert-exercise")
        self._digest()
        self._keep("digest")
        self._ask(NEWCOMER, self.town.floods, self.town.roads)
        self._keep("confirm", to=NEWCOMER)
        self._ask(READER, self.town.floods)
        self._keep("already_subscribed")
        request_sign_in(email=READER, ip="192.0.2.1")
        self._keep("signin")
        self._move(NEW_ADDRESS)
        self._keep("address_confirm", to=NEW_ADDRESS)
        self._keep("address_notice")
        self._move(NEIGHBOUR)
        self._keep("address_join", to=NEIGHBOUR)
        return self

    def _keep(self, name: str, to: str = READER) -> None:
        """What was to be sent arrives, once."""
        work_through()
        self.mails[name] = self.inbox.to(to)
        self.inbox.mails.remove(self.mails[name])

    def _bulletin(self, topic: Topic, texts: dict[str, str]) -> Bulletin:
        publisher = somebody(topic.agency, Role.PUBLISHER)
        variants = [_variant(language, text) for language, text in texts.items()]
        bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=variants, author=publisher)
        publish_bulletin(bulletin=bulletin, publisher=publisher)
        return bulletin

    def _correct(self, first: Bulletin) -> None:
        publisher = somebody(first.agency, Role.PUBLISHER)
        variants = [_variant(language, text) for language, text in ROAD.items()]
        correction = create_correction(first=first, variants=variants, author=publisher)
        publish_bulletin(bulletin=correction, publisher=publisher)

    def _alert(self, **details: object) -> Alert:
        topic = self.town.floods
        facts = {
            "event": "Flash flood", "category": ["Met"], "urgency": "Immediate", "severity": "Severe",
            "certainty": "Observed", "areas": [{"description": name} for name in ("Lower town", "Mill quarter")],
            "expires": timezone.now() + timedelta(hours=6),
        }  # fmt: skip
        alert = draft_alert(
            agency=topic.agency,
            topics=[topic],
            variants=[_variant(language, text, instruction) for language, (text, instruction) in FLOOD.items()],
            details=AlertDetails(**facts | details),  # type: ignore[arg-type]
            author=somebody(topic.agency, Role.OPERATOR),
        )
        approve_alert(alert=alert, approver=somebody(topic.agency, Role.APPROVER), seen_hash=content_hash(alert))
        return alert

    def _digest(self) -> None:
        for texts in (ROAD, {"en": STORM, "ar": STORM_AR}, {"uk": STORM_UK}):
            self._bulletin(self.town.drought, texts)
        start_run(period=Frequency.DAILY, cut_off=timezone.now())

    def _move(self, email: str) -> None:
        request_change(subscriber=self.reader, email=email, page="/me/", ip="192.0.2.1")

    def _ask(self, email: str, *topics: Topic) -> None:
        cast.ask(*topics, email=email, language=self.language)


def _variant(language: str, text: str, instruction: str = "") -> VariantText:
    title, _, body = text.partition("\n")
    return VariantText(language, title, body, instruction=instruction)


def _triple(alert: Alert) -> list[str]:
    alert.refresh_from_db()
    return [alert.sender, alert.identifier, alert.sent.isoformat()]
