"""The demo's country for the pictures, after a day's work: sent, on its way, paused, corrected, withdrawn, waiting."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client, override_settings
from django.utils import timezone

from agencies.models import Agency, Membership, Role, User
from alerts.acts.alert_drafting import AlertDetails, draft_alert
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.content import VariantText
from alerts.acts.correcting import create_correction
from alerts.acts.drafting import create_bulletin
from alerts.acts.importing import import_cap
from alerts.acts.publishing import publish_bulletin
from alerts.acts.stopping import pause_dispatch
from alerts.acts.withdrawing import withdraw_bulletin
from alerts.engine.runtime import runtime
from alerts.models import Alert, Bulletin
from govnotify.demo.data.__main__ import ensure_data
from govnotify.demo.data.bulletins import read_one
from govnotify.demo.data.staff import DOMAIN, PEOPLE, staff
from govnotify.demo.main_job import write_alert
from subscriptions.changing_address import confirm_token, refuse_token
from subscriptions.confirming import confirmation_token
from subscriptions.models import AddressChange, Category, Endpoint, Frequency, Place, SignUp, Subscriber, Topic
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.api.messages import cap, info
from tests.integration.staff.cast import PASSWORD, fresh, signed_in
from tests.integration.subscriptions import cast

CITY = "aldermouth"
CITIZENS = 300  # as many as the demo's groups need, and fewer than in the demo: five messages go to most of them
NEWCOMER = f"newcomer@{DOMAIN}"
READER = "ana.berg@tarnmark.example"
FOLLOWED = {"national-announcements": "immediate", "danger-to-life": "immediate", "aldermouth-waste": "weekly"} | {
    "school-closures": "daily",
    "severe-weather": "immediate",
}


@dataclass
class World:
    """`bulletins` by what became of them; tokens are new whenever they are asked for."""

    bulletins: dict[str, Bulletin] = field(default_factory=dict)

    def seed(self) -> "World":
        ensure_data(people=CITIZENS)
        for person in PEOPLE:
            _equip(staff(person.login))
        newcomer = User.objects.create_user(NEWCOMER, PASSWORD, name="Nia New")
        Membership.objects.create(user=newcomer, agency=Agency.objects.get(slug=CITY), role=Role.PUBLISHER)
        self._prepare_reader()
        with Inbox() as inbox, override_settings(EMAIL_URL=inbox.url):
            self._send()
            work_through()
            runtime().close()
        self._put_right()
        self._leave_on_the_way()
        return self

    @cached_property
    def reader(self) -> Subscriber:
        return cast.a_subscriber(READER, **{slug: Frequency(value) for slug, value in FOLLOWED.items()})

    @property
    def category(self) -> Category:
        return Category.objects.get(slug="health")

    def cookies(self, email: str) -> str:
        """The session of a member of staff who has just shown both factors."""
        user = User.objects.get(email=email)
        if email == NEWCOMER:
            client = Client()
            client.force_login(user)
        else:
            client = fresh(signed_in(user))
        return client.cookies["sessionid"].value

    def confirm_token(self) -> str:
        topics = Topic.objects.filter(slug__in=FOLLOWED)
        somebody = Subscriber.objects.create(
            email=f"mira{Subscriber.objects.count()}@tarnmark.example",
            address_key=f"gallery-{Subscriber.objects.count()}".encode(),
            status=Subscriber.Status.PENDING,
        )
        asked = SignUp.objects.create(
            subscriber=somebody,
            choices={str(topic.pk): FOLLOWED[topic.slug] for topic in topics},
            language="en",
            page="/subscribe/",
        )
        return confirmation_token(asked)

    def sign_in_token(self) -> str:
        return cast.sign_in_link(self.reader).rstrip("/").rpartition("/")[2]

    def unsubscribe_token(self) -> str:
        leaver = cast.a_subscriber(
            f"leo{Subscriber.objects.count()}@tarnmark.example",
            **{slug: Frequency(value) for slug, value in FOLLOWED.items()},
        )
        return cast.unsubscribe_link(leaver, Topic.objects.get(slug="aldermouth-waste")).removeprefix("/u/")

    def shared_address_token(self) -> str:
        """Of a change to an address that has subscriptions of its own."""
        number = Subscriber.objects.count()
        neighbour = cast.a_subscriber(f"ben{number}@tarnmark.example", **{"air-quality": Frequency.DAILY})
        leaver = cast.a_subscriber(f"ana{number}@tarnmark.example", **{"school-closures": Frequency.WEEKLY})
        change = AddressChange.objects.create(subscriber=leaver, new_email=neighbour.email, requested_at=timezone.now())
        return confirm_token(change)

    def new_address_token(self) -> str:
        return confirm_token(self._change)

    def old_address_token(self) -> str:
        return refuse_token(self._change)

    @cached_property
    def _change(self) -> AddressChange:
        return AddressChange.objects.create(
            subscriber=self.reader,
            new_email="Ana.Wasserstrassenverwaltung@new.example.org",
            requested_at=timezone.now(),
        )

    def _prepare_reader(self) -> None:
        self.reader.areas.add(*Place.objects.filter(kind=Place.Kind.MUNICIPALITY).order_by("code")[:2])
        for number, status in enumerate(Endpoint.Status.values):
            Endpoint.objects.create(
                subscriber=self.reader,
                url=f"https://alerts.example.org/receivers/{number}/a-rather-long-path-that-goes-on-and-on",
                sealed_secret="-",
                status=status,
                note="The endpoint answered with 500." if status == Endpoint.Status.FAILED else "",
            )

    def _send(self) -> None:
        self.bulletins["national"] = self._publish("identity-cards")
        self.bulletins["corrected"] = self._publish("identity-cards")
        self.bulletins["withdrawn"] = self._publish("identity-cards")
        self.bulletins["flood"] = _approve(write_alert())
        self.bulletins["exercise"] = _approve(_exercise(write_alert()))

    def _put_right(self) -> None:
        correction = _correction(self.bulletins["corrected"])
        publish_bulletin(bulletin=correction, publisher=staff("publisher"))
        self.bulletins["correction"] = correction
        reason = "The fee that it names is not decided yet."
        withdraw_bulletin(bulletin=self.bulletins["withdrawn"], by=staff("publisher"), reason=reason)

    def _leave_on_the_way(self) -> None:
        """Nobody works on these any more."""
        self.bulletins["sending"] = self._publish("identity-cards")
        self.bulletins["paused"] = self._publish("identity-cards")
        pause_dispatch(dispatch=self.bulletins["paused"].dispatches.get(), by=staff("publisher"))
        self.bulletins["alert-sending"] = _approve(_fire())
        self.bulletins["alert-paused"] = _approve(_exercise(_fire()))
        pause_dispatch(dispatch=self.bulletins["alert-paused"].dispatches.get(), by=staff("operator"))
        self.bulletins["waiting"] = write_alert().bulletin
        self.bulletins["waiting-exercise"] = _exercise(write_alert()).bulletin
        self.bulletins["waiting-machine"] = _fire(author=None).bulletin
        self.bulletins["imported"] = self._imported().bulletin
        self.bulletins["draft"] = self._draft("identity-cards")
        self.bulletins["correction-draft"] = _correction(self.bulletins["national"])

    def _publish(self, name: str) -> Bulletin:
        bulletin = self._draft(name)
        publish_bulletin(bulletin=bulletin, publisher=staff("publisher"))
        return bulletin

    def _draft(self, name: str) -> Bulletin:
        words = read_one("now", name)
        return create_bulletin(
            agency=Agency.objects.get(slug=words.agency),
            topics=_topics(words.topics),
            variants=words.variants,
            author=staff("publisher"),
        )

    def _imported(self) -> Alert:
        odd = cap(info(areas="<area><areaDesc>Coast</areaDesc><polygon>1,1 nowhere</polygon></area>", expires=""))
        agency = Agency.objects.get(slug="civil-protection")
        return import_cap(agency=agency, data=odd, topics=_topics(["river-elder-floods"]), author=staff("operator"))


def _equip(user: User) -> None:
    """With a password, an authenticator and recovery codes."""
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    signed_in(user)
    RecoveryCodes.activate(user)


def _topics(slugs: Iterable[str]) -> list[Topic]:
    return list(Topic.objects.filter(slug__in=slugs))


def _correction(first: Bulletin) -> Bulletin:
    text = VariantText("en", "The new identity cards: opening hours", "The offices open at **8:00**, not at 9:00.")
    return create_correction(first=first, variants=[text], author=staff("publisher"))


def _fire(author: str | None = "operator") -> Alert:
    """Without an author a machine has drafted it."""
    text = VariantText(
        "en", "Forest fire above High Fells: close the windows", "The wind blows the smoke into the valley.",
        instruction="Stay inside.\nClose windows and doors.",
    )  # fmt: skip
    details = AlertDetails(
        event="Forest fire", category=["Fire"], urgency="Immediate", severity="Severe", certainty="Observed",
        areas=[{"description": "High Fells"}], expires=timezone.now() + timedelta(hours=6),
    )  # fmt: skip
    topic = Topic.objects.get(slug="wildfires")
    return draft_alert(
        agency=topic.agency,
        topics=[topic],
        variants=[text],
        details=details,
        author=None if author is None else staff(author),
    )


def _exercise(alert: Alert) -> Alert:
    alert.status = Alert.Status.EXERCISE
    alert.save(update_fields=["status"])
    return alert


def _approve(alert: Alert) -> Bulletin:
    approve_alert(alert=alert, approver=staff("approver"), seen_hash=content_hash(alert))
    return alert.bulletin
