"""Alerts that others wrote in CAP 1.2: taken in, sent in their own time by two people, or kept with the reason."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from agencies.models import Agency, Role, User
from alerts.acts.alerting import Expired, Unsendable, approve_alert, content_hash
from alerts.acts.importing import import_cap
from alerts.acts.publishing import NotAllowed
from alerts.models import Alert, Dispatch
from subscriptions.models import Subscriber, Topic
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.api.messages import area, cap, info
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners
from tests.journeys import body_rules
from tests.journeys.mail_rules import Expected, check
from tests.journeys.messages import FOLDER, Message, real_messages

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "https://alerts.gov.example"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LANGUAGES = ("en", "fr", "es", "ar")
PREFIXES = {
    "en": {"Alert": "EMERGENCY ALERT: ", "Update": "EMERGENCY UPDATE: ", "Cancel": "CANCELLED: "},
    "fr": {"Alert": "ALERTE D’URGENCE\N{NO-BREAK SPACE}: ", "Update": "MISE À JOUR DE L’ALERTE\N{NO-BREAK SPACE}: "},
}
NOT_BEYOND_THE_SCHEMA = ("can be read, not sent", "which is not here")  # about now and us, not about the message

# What an import must notice, by file: parts of its warnings, in their order.
ODD = {
    "google-australia.cap": ["HTML", "HTML"],
    "google-earthquake-iso8859-1.cap": ["addresses", "radius of 0 km"],
    "oasis-example1.xml": ["no expires", "only a description"],
    "oasis-example3.xml": ["no expires", "radius of 0 km"],
    "oasis-example4.xml": ["no expires", "no expires"],
    "oasiscap-google-PAAQ-4-mg5a94.xml": ["not after effective", "not after onset", "radius of 0 km"],
    "own-odd.xml": ["only a description"],
    "own-endless.xml": ["no expires"],
}
SQUARE = "51,4 51,5 52,5 51,4"
OWN = [
    Message("own-storm.xml", cap(info(areas=area("Coast", SQUARE), expires="2026-02-01T06:00:00+01:00"))),
    Message(
        "own-two-languages.xml",
        cap(
            info(language="en-CA", areas=area("Coast", SQUARE), expires="2026-02-01T06:00:00+01:00"),
            info(
                language="fr-CA",
                event="Tempête",
                headline="Tempête sur la côte",
                description="Rafales de 35 m/s.",
                instruction="Restez à l’intérieur.",
                areas=area("Côte", SQUARE),
                expires="2026-02-01T06:00:00+01:00",
            ),
            identifier="SE-2",
        ),
    ),
    Message(
        "own-update.xml",
        cap(
            info(areas=area("Coast", SQUARE), expires="2026-02-01T09:00:00+01:00"),
            msg_type="Update",
            references="warn@smhi.example,SE-0,2026-01-31T17:00:00+01:00",
            identifier="SE-5",
        ),
    ),
    Message("own-odd.xml", cap(info(expires="2026-02-01T06:00:00+01:00"), identifier="SE-3")),
    Message("own-endless.xml", cap(info(areas=area("Coast", SQUARE), expires=""), identifier="SE-4")),
]
REAL = real_messages()
SOURCES = [
    pytest.param(
        REAL,
        id="real",
        marks=pytest.mark.skipif(not REAL, reason=f"SKIPPED: no real messages in {FOLDER}; only our own are taken in"),
    ),
    pytest.param(OWN, id="own"),
]


@pytest.fixture
def agency() -> Agency:
    return an_agency("civil-protection", "Civil Protection & Rescue")


@pytest.fixture
def topic(agency: Agency) -> Topic:
    """Four people follow it, each in another language."""
    topic = a_topic(agency, "emergencies")
    with time_machine.travel(LONG_AGO):
        listeners([topic], people=len(LANGUAGES))
    for person, language in zip(Subscriber.objects.order_by("pk"), LANGUAGES, strict=True):
        Subscriber.objects.filter(pk=person.pk).update(language=language)
    return topic


@pytest.fixture
def operator(agency: Agency) -> User:
    return a_person(agency, Role.OPERATOR, Role.APPROVER)


@pytest.fixture
def approver(agency: Agency) -> User:
    return a_person(agency, Role.APPROVER, name="Ben Second")


def taken(topic: Topic, operator: User, message: Message) -> Alert:
    return import_cap(agency=topic.agency, data=message.data, topics=[topic], author=operator)


@pytest.mark.parametrize("messages", SOURCES)
def test_valid_messages_are_taken_with_warnings_and_kept_as_they_came(
    messages: list[Message], topic: Topic, operator: User
) -> None:
    for message in messages:
        alert = taken(topic, operator, message)
        beyond = [text for text in alert.oddities if not any(part in text for part in NOT_BEYOND_THE_SCHEMA)]
        expected = ODD.get(message.name, [])
        assert len(beyond) == len(expected), f"{message.name}: {beyond}"
        assert all(part in text for part, text in zip(expected, beyond, strict=True)), f"{message.name}: {beyond}"
        stored = Alert.objects.get(pk=alert.pk)
        assert bytes(stored.source_xml) == message.data
        assert (stored.sent, stored.expires) == (message.sent, message.ends)
    assert Alert.objects.count() == len(messages)


@pytest.mark.parametrize("messages", SOURCES)
def test_in_their_own_time_they_go_out_when_a_second_person_approves(
    messages: list[Message], inbox: Inbox, topic: Topic, operator: User, approver: User, settings
) -> None:
    """An update goes out once the message was sent that it follows, and not before."""
    settings.SITE_URL = SITE
    kinds = []
    for message in messages:
        before = message.follows
        if before is not None:
            refused(message, topic, operator, approver)
        if not message.may_be_sent:
            if before is None:
                refused(message, topic, operator, approver)
            continue
        for one in filter(None, (before, message)):
            inbox.mails.clear()
            dispatch = sent(one, topic, operator, approver)
            assert dict(inbox.recipients()) == {person.email: 1 for person in Subscriber.objects.all()}, one.name
            for person in Subscriber.objects.all():
                read_mail(inbox, one, dispatch, person, topic)
            kinds += one.texts("msgType")
    assert Dispatch.objects.count() == len(kinds)
    assert set(kinds) == {"Alert", "Update"}


def refused(message: Message, topic: Topic, operator: User, approver: User) -> None:
    """It is kept and the approver learns why it is not sent."""
    with time_machine.travel(message.sent + timedelta(seconds=1)):
        alert = taken(topic, operator, message)
        with pytest.raises(Unsendable, match=r"^It [a-z ]+"):
            approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))


def sent(message: Message, topic: Topic, operator: User, approver: User) -> Dispatch:
    """Taken in if it is not here yet, approved by the second person and not by the first, and gone out."""
    with time_machine.travel(message.sent + timedelta(seconds=1)):
        alert = Alert.objects.filter(source_xml=message.data).first() or taken(topic, operator, message)
        with pytest.raises(NotAllowed, match="second person"):
            approve_alert(alert=alert, approver=operator, seen_hash=content_hash(alert))
        dispatch = approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))
        work_through()
    return dispatch


@pytest.mark.parametrize("messages", SOURCES)
def test_today_they_are_kept_and_not_sent_and_the_reason_is_told(
    messages: list[Message], inbox: Inbox, topic: Topic, operator: User, approver: User
) -> None:
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC)):
        for message in messages:
            alert = taken(topic, operator, message)
            assert any("can be read, not sent" in warning for warning in alert.oddities), message.name
            assert message.ends is None or message.ends < timezone.now()
            reason = Expired if message.ends else Unsendable
            with pytest.raises(
                reason, match=r"It ended on \d{1,2} \w+ \d{4}, \d\d:\d\d|It says no time at which it ends"
            ):
                approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))
            assert Alert.objects.get(pk=alert.pk).bulletin.status == "draft"
        work_through()
    assert not Dispatch.objects.exists()
    assert not inbox.mails


def read_mail(inbox: Inbox, message: Message, dispatch: Dispatch, person: Subscriber, topic: Topic) -> None:
    """The mail has what an alert must say first, in the reader's language where the message has it."""
    mail = inbox.to(person.email)
    bulletin = dispatch.bulletin
    assert bulletin is not None
    subject = str(mail.message["Subject"])
    written = {language.partition("-")[0]: language for language in message.texts("language") or ["en-US"]}
    language = written.get(person.language, next(iter(written.values())))
    read = check(
        mail,
        Expected(
            site=SITE,
            agency=topic.agency,
            topics=[topic],
            subscriber_id=person.pk,
            recipient=person.email,
            dispatch_id=dispatch.pk,
            bulletin_id=bulletin.pk,
            subject=subject,
            language=language,
            lane="emergency",
        ),
    )
    assert subject.startswith(PREFIXES[language.partition("-")[0]][message.texts("msgType")[0]]), message.name
    text, html = body_rules.check_parts(mail)
    body_rules.check_text(text, tags=tuple(body_rules.tags_in(" ".join(message.texts("description")))))
    body_rules.check_html(html, language)
    body_rules.check_links(text, html, f"{SITE}/u/{read.token}", f"{SITE}/me/", f"{SITE}/bulletins/{bulletin.pk}/")
    alert = bulletin.alert
    said = [
        *bulletin.variants.get(language=language).event.split(),
        *alert.area_names.split("; ")[0].split(),
        *words(message, language),
    ]
    body_rules.check_words(text, html, said, language)


def words(message: Message, language: str) -> list[str]:
    """Source, hazard, place and action, and the whole description, as the message has them in this language."""
    (one, *_) = [info for info in message.root.iter("{*}info") if (info.findtext("{*}language") or "en-US") == language]
    said = [one.findtext(f"{{*}}{name}") or "" for name in ("headline", "description", "instruction")]
    return " ".join(["Civil Protection & Rescue", *said]).split()
