"""Who gets a bulletin or an alert about places: who chose them, what lies in them or around them, or no place."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agencies.models import Role
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.correcting import create_correction
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.counting import count_audience
from alerts.engine.digests import start_run
from alerts.engine.hooking import describe
from alerts.models import Bulletin, DigestItem, Dispatch
from govnotify.lib.queues import Queue
from subscriptions.areas import set_areas, set_browser_areas
from subscriptions.models import Frequency, Place, Subscriber, Subscription
from subscriptions.place_files import PlaceRow
from subscriptions.place_importing import import_places
from tests.browsers import listening, row_of
from tests.engine import work_through
from tests.integration.engine.stopping import everybody
from tests.integration.staff.cast import a_person, a_topic, an_agency, an_alert, listeners
from tests.integration.subscriptions.cast import a_country
from tests.push_service import TestBrowser

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = VariantText(language="en", title="River level", body="The river **rises**.")
# Who chose what; "anywhere" chose nothing.
CHOSEN = {
    "region": "N",
    "county": "N-1",
    "town": "N-11",
    "neighbour": "N-12",
    "far": "S-11",
    "far-region": "S",
    "anywhere": "",
}


@pytest.fixture
def places() -> dict[str, Place]:
    return a_country()


@pytest.fixture
def desk(places: dict[str, Place]):
    agency = an_agency()
    topic = a_topic(agency, "floods")
    listeners([topic], people=len(CHOSEN))
    for (name, code), person in zip(CHOSEN.items(), Subscriber.objects.order_by("pk"), strict=True):
        person.email = f"{name}@example.org"
        person.save(update_fields=["email"])
        set_areas(subscriber=person, places=[places[code]] if code else [])
    return topic, a_person(agency, Role.PUBLISHER)


def names(inbox) -> set[str]:
    assert set(inbox.recipients().values()) <= {1}, "nobody gets it twice"
    return {address.partition("@")[0] for address in inbox.recipients()}


def publish(topic, editor, *areas: Place) -> Dispatch:
    bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=[TEXT], author=editor, areas=areas)
    return publish_bulletin(bulletin=bulletin, publisher=editor)


@pytest.mark.parametrize(
    ("about", "reaches"),
    [
        (["N-11"], {"region", "county", "town", "anywhere"}),
        (["N-1"], {"region", "county", "town", "neighbour", "anywhere"}),
        (["N"], {"region", "county", "town", "neighbour", "anywhere"}),
        (["S-12"], {"far-region", "anywhere"}),
        (["N-12", "S-11"], {"region", "county", "neighbour", "far", "far-region", "anywhere"}),
        ([], set(CHOSEN)),
    ],
)
def test_a_bulletin_reaches_who_it_concerns(inbox, places, desk, about: list[str], reaches: set[str]) -> None:
    topic, editor = desk
    areas = [places[code] for code in about]
    counted = count_audience([topic], areas)
    publish(topic, editor, *areas)
    work_through()
    assert names(inbox) == reaches
    assert counted.people == len(reaches)
    assert (counted.anywhere, counted.elsewhere) == ((1, len(CHOSEN) - len(reaches)) if about else (0, 0))


def test_who_chose_several_places_gets_it_once_by_any_of_them(inbox, places, desk) -> None:
    topic, editor = desk
    person = Subscriber.objects.get(email="far@example.org")
    set_areas(subscriber=person, places=[places["S-11"], places["N-11"], places["N-1"]])
    publish(topic, editor, places["N-11"])
    work_through()
    assert "far" in names(inbox)


def test_an_audience_of_several_slices_has_everybody_it_concerns(inbox, places, desk) -> None:
    topic, editor = desk
    listeners([topic], people=1_300)
    for person in Subscriber.objects.filter(email__regex=r"^citizen\d*[02468]@").all():
        person.areas.add(places["S-11"])
    dispatch = publish(topic, editor, places["N-11"])
    work_through()
    assert len(names(inbox)) == 650 + 4
    assert dispatch.slices.filter(kind=1).count() > 1


def test_a_place_that_was_closed_counts_as_what_it_lay_in(inbox, places, desk) -> None:
    topic, editor = desk
    kept = [place for code, place in places.items() if code != "N-11"]
    import_places([_row(place) for place in kept], replace=True)
    publish(topic, editor, places["N-1"])
    work_through()
    assert "town" in names(inbox)


def browsers_at(service, topic, **chosen: str) -> dict[str, TestBrowser]:
    """A browser of each name that follows the topic, with the place of this code, or none."""
    found = {}
    for name, code in chosen.items():
        found[name] = listening(service, [topic])
        row = row_of(found[name])
        assert row is not None
        set_browser_areas(browser=row, places=Place.objects.filter(code=code))
    return found


def told(browsers: dict[str, TestBrowser]) -> set[str]:
    assert all(len(browser.messages) <= 1 for browser in browsers.values())
    return {name for name, browser in browsers.items() if browser.messages}


@pytest.mark.parametrize(
    ("about", "reaches"),
    [
        (["N-11"], {"county", "town", "anywhere"}),
        (["N"], {"county", "town", "neighbour", "anywhere"}),
        (["N-12", "S-11"], {"county", "neighbour", "far", "anywhere"}),
        ([], {"county", "town", "neighbour", "far", "anywhere"}),
    ],
)
def test_browsers_are_told_what_concerns_their_places(
    push_service, places, about: list[str], reaches: set[str]
) -> None:
    topic = a_topic(an_agency(), "floods")
    browsers = browsers_at(push_service, topic, county="N-1", town="N-11", neighbour="N-12", far="S-11", anywhere="")
    areas = [places[code] for code in about]
    publish(topic, a_person(topic.agency, Role.PUBLISHER), *areas)
    work_through(Queue.ROUTINE_PUSH)
    assert told(browsers) == reaches
    assert count_audience([topic], areas).browsers == len(reaches)


def test_every_emergency_is_every_one_that_concerns_the_browser_s_places(push_service, places) -> None:
    topic = a_topic(an_agency(), "floods")
    browsers = {name: listening(push_service, every_emergency=True) for name in ("near", "far", "anywhere")}
    for name, code in (("near", "N-1"), ("far", "S")):
        row = row_of(browsers[name])
        assert row is not None
        set_browser_areas(browser=row, places=[places[code]])
    operator = a_person(topic.agency, Role.OPERATOR, name="Olga Operator")
    approver = a_person(topic.agency, Role.APPROVER, name="Per Approver")
    first = an_alert(topic, operator, areas=_coded("N-11"))
    approve_alert(alert=first, approver=approver, seen_hash=content_hash(first))
    work_through(Queue.EMERGENCY_PUSH)
    assert told(browsers) == {"near", "anywhere"}

    for browser in browsers.values():
        browser.messages.clear()
    triple = [first.sender, first.identifier, first.sent.isoformat()]
    update = an_alert(topic, operator, areas=_coded("S-12"), msg_type="Update", references=[triple])
    approve_alert(alert=update, approver=approver, seen_hash=content_hash(update))
    work_through(Queue.EMERGENCY_PUSH)
    assert told(browsers) == {"near", "far", "anywhere"}, "who was told before, and who is concerned now"


def test_an_alert_that_can_not_be_placed_tells_every_browser_on_its_topics(push_service, places) -> None:
    topic = a_topic(an_agency(), "floods")
    browsers = browsers_at(push_service, topic, far="S-11", anywhere="")
    operator = a_person(topic.agency, Role.OPERATOR, name="Olga Operator")
    alert = an_alert(topic, operator, areas=[*_coded("N-11"), {"description": "Lower town"}])
    approver = a_person(topic.agency, Role.APPROVER, name="Per Approver")
    approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))
    work_through(Queue.EMERGENCY_PUSH)
    assert told(browsers) == {"far", "anywhere"}


def test_machines_get_everything_on_their_topics_and_are_told_the_places(places) -> None:
    topic = a_topic(an_agency(), "floods")
    listeners([topic], people=1, machines=2)
    editor = a_person(topic.agency, Role.PUBLISHER)
    dispatch = publish(topic, editor, places["N-11"])
    assert count_audience([topic], [places["N-11"]]).machines == 2
    work_through(Queue.ROUTINE_WEBHOOK)
    assert dispatch.slices.get(kind=2).recipients == 2
    assert describe(Bulletin.objects.get(), "https://x.example/")["areas"] == [
        {"scheme": "TEST", "code": "N-11", "name": "Milltown", "kind": "municipality"}
    ]


def test_a_correction_goes_to_who_was_told_whatever_they_chose_since(inbox, places, desk) -> None:
    topic, editor = desk
    first = publish(topic, editor, places["N-11"])
    work_through()
    told = names(inbox)
    town = Subscriber.objects.get(email="town@example.org")
    set_areas(subscriber=town, places=[places["S"]])
    set_areas(subscriber=Subscriber.objects.get(email="far@example.org"), places=[places["N-11"]])
    inbox.mails.clear()
    assert first.bulletin is not None
    correction = create_correction(first=first.bulletin, variants=[TEXT], author=editor)
    publish_bulletin(bulletin=correction, publisher=editor)
    work_through()
    assert names(inbox) == told
    assert correction.ordered_areas() == [places["N-11"]]


def test_an_update_of_an_alert_reaches_who_was_told_and_who_it_concerns_now(inbox, places, desk) -> None:
    topic, _ = desk
    operator = a_person(topic.agency, Role.OPERATOR, name="Olga Operator")
    approver = a_person(topic.agency, Role.APPROVER, name="Per Approver")
    first = an_alert(topic, operator, areas=_coded("N-11"))
    approve_alert(alert=first, approver=approver, seen_hash=content_hash(first))
    work_through()
    assert names(inbox) == {"region", "county", "town", "anywhere"}
    inbox.mails.clear()
    triple = [first.sender, first.identifier, first.sent.isoformat()]
    update = an_alert(topic, operator, areas=_coded("S-12"), msg_type="Update", references=[triple])
    approve_alert(alert=update, approver=approver, seen_hash=content_hash(update))
    work_through()
    assert names(inbox) == {"region", "county", "town", "anywhere", "far-region"}


def test_an_alert_whose_places_nobody_knows_goes_to_everybody_on_its_topics(inbox, places, desk) -> None:
    topic, _ = desk
    operator = a_person(topic.agency, Role.OPERATOR, name="Olga Operator")
    approver = a_person(topic.agency, Role.APPROVER, name="Per Approver")
    alert = an_alert(topic, operator, areas=[*_coded("N-11"), {"description": "Lower town"}])
    approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))
    work_through()
    assert names(inbox) == set(CHOSEN)


def test_a_digest_has_what_concerns_its_reader_only(inbox, places, desk) -> None:
    topic, editor = desk
    Subscription.objects.update(frequency=Frequency.DAILY, started_at=timezone.now() - timedelta(days=2))
    everywhere = publish(topic, editor)
    local = publish(topic, editor, places["N-11"])
    start_run(period=Frequency.DAILY, cut_off=timezone.now() + timedelta(seconds=1))
    work_through()
    readers = dict(Subscriber.objects.values_list("pk", "email"))

    def items(dispatch: Dispatch) -> set[str]:
        found = DigestItem.objects.filter(bulletin_id=dispatch.bulletin_id or 0)
        return {readers[item.recipient_id].partition("@")[0] for item in found}

    assert items(everywhere) == set(CHOSEN)
    assert items(local) == {"region", "county", "town", "anywhere"}
    assert set(inbox.recipients()) == everybody()


def test_a_digest_with_local_news_alone_is_not_sent_to_who_lives_elsewhere(inbox, places, desk) -> None:
    topic, editor = desk
    Subscription.objects.update(frequency=Frequency.DAILY, started_at=timezone.now() - timedelta(days=2))
    publish(topic, editor, places["S-12"])
    start_run(period=Frequency.DAILY, cut_off=timezone.now() + timedelta(seconds=1))
    work_through()
    assert names(inbox) == {"far-region", "anywhere"}


def test_the_places_are_those_of_the_moment_of_publishing(places, desk) -> None:
    topic, editor = desk
    dispatch = publish(topic, editor, places["N-12"], places["N-11"])
    assert dispatch.areas == sorted([places["N-11"].pk, places["N-12"].pk])


def test_a_change_of_places_makes_an_approver_s_look_void(places, desk) -> None:
    topic, _ = desk
    alert = an_alert(topic, a_person(topic.agency, Role.OPERATOR, name="Olga Operator"), areas=_coded("N-11"))
    seen = content_hash(alert)
    alert.bulletin.areas.add(places["S"])
    assert content_hash(alert) != seen


def _coded(*codes: str) -> list[dict[str, object]]:
    return [{"description": code, "geocodes": [{"name": "test", "value": code}]} for code in codes]


def _row(place: Place) -> PlaceRow:
    parent = place.parent.code if place.parent else ""
    return PlaceRow("", place.code, place.name, place.kind, parent, place.scheme, tuple(place.geocodes), {}, None, None)
