"""Places in the composer and in the alert's wizard: found, ticked, counted, and said in words before sending."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from agencies.models import Role
from alerts.models import Alert, Bulletin, BulletinArea, Dispatch
from alerts.places import areas_from_text
from subscriptions.models import Place, Subscriber, Topic
from tests.integration.staff.cast import a_draft, a_person, a_topic, an_agency, an_alert, fresh, listeners, signed_in
from tests.integration.staff.test_alerting import filled as alert_form
from tests.integration.staff.test_composing import NEW, filled
from tests.integration.subscriptions.cast import a_country

pytestmark = pytest.mark.django_db
FIND = {"find-place": "1"}
CORNERS = [[26.0, 44.0], [27.0, 44.0], [27.0, 45.0], [26.0, 45.0], [26.0, 44.0]]
SQUARE = {"type": "Polygon", "coordinates": [CORNERS]}


@pytest.fixture
def places() -> dict[str, Place]:
    return a_country()


@pytest.fixture
def topic() -> Topic:
    """Ten people follow it: four of Milltown in the north, three of Southwell, and three who chose no place."""
    topic = a_topic(an_agency())
    listeners([topic], people=10, machines=1)
    return topic


@pytest.fixture
def settled(topic: Topic, places: dict[str, Place]) -> None:
    people = list(Subscriber.objects.order_by("pk"))
    for person in people[:4]:
        person.areas.add(places["N-11"])
    for person in people[4:7]:
        person.areas.add(places["S-12"])


@pytest.fixture
def ana(topic: Topic) -> Client:
    return signed_in(a_person(topic.agency, Role.AUTHOR, Role.PUBLISHER))


@pytest.fixture
def olga(topic: Topic) -> Client:
    return signed_in(a_person(topic.agency, Role.OPERATOR, name="Olga Operator"))


def codes(bulletin: Bulletin) -> set[str]:
    return set(bulletin.areas.values_list("code", flat=True))


@pytest.mark.usefixtures("settled")
class TestComposing:
    def test_places_are_found_and_ticked_without_a_script_and_nothing_typed_is_lost(
        self, ana: Client, topic: Topic
    ) -> None:
        page = ana.post(NEW, filled(topic, place="mill", area="S-12") | FIND).content.decode()
        assert "Northshire, North" in page
        assert "River rising" in page
        assert "Error" not in page
        assert not Bulletin.objects.exists()
        ana.post(NEW, filled(topic) | {"area": ["S-12", "N-11"]})
        assert codes(Bulletin.objects.get()) == {"S-12", "N-11"}

    def test_the_preview_counts_whom_the_places_leave(self, ana: Client, topic: Topic) -> None:
        page = ana.post(f"{reverse('staff-preview')}?agency=water", filled(topic, area="N-11")).content.decode()
        assert "Reaches 7 people. 1 machine gets it, too." in page
        assert "3 more follow the topics and chose other places" in page

    def test_a_code_that_is_no_place_is_refused_and_named(self, ana: Client, topic: Topic) -> None:
        page = ana.post(NEW, filled(topic, area="X-99")).content.decode()
        assert "“X-99” is no place of the register" in page
        assert not Bulletin.objects.exists()

    def test_a_draft_s_places_are_edited_and_taken_away(self, ana: Client, topic: Topic) -> None:
        ana.post(NEW, filled(topic) | {"area": ["S-12", "N-11"]})
        draft = Bulletin.objects.get()
        edit = reverse("staff-edit", args=[draft.pk])
        assert "Southwell" in ana.get(edit).content.decode()
        seen = {"seen": draft.edited_at.isoformat()}
        ana.post(edit, filled(topic, area="N-1") | seen)
        assert codes(draft) == {"N-1"}
        draft.refresh_from_db()
        ana.post(edit, filled(topic, seen=draft.edited_at.isoformat()))
        assert codes(draft) == set()

    def test_the_last_page_says_the_places_and_whom_they_reach(self, ana: Client, topic: Topic) -> None:
        ana.post(NEW, filled(topic, area="N-1"))
        draft = Bulletin.objects.get()
        page = ana.get(reverse("staff-publish", args=[draft.pk])).content.decode()
        assert "Northshire" in page
        assert "Reaches 7 people" in page
        ana.post(reverse("staff-publish", args=[draft.pk]), {"seen": draft.edited_at.isoformat()})
        assert Dispatch.objects.get().areas == [Place.objects.get(code="N-1").pk]

    def test_a_place_that_was_closed_meanwhile_keeps_the_bulletin_back(self, ana: Client, topic: Topic) -> None:
        draft = a_draft(topic)
        closed = Place.objects.get(code="N-11")
        BulletinArea.objects.create(bulletin=draft, place=closed)
        Place.objects.filter(pk=closed.pk).update(closed_at=draft.created_at)
        answer = ana.post(reverse("staff-publish", args=[draft.pk]), {"seen": draft.edited_at.isoformat()})
        assert "The place “N-11” is no longer in the register" in answer.content.decode()
        assert not Dispatch.objects.exists()

    def test_a_correction_keeps_the_places_whatever_is_ticked(self, ana: Client, topic: Topic) -> None:
        ana.post(NEW, filled(topic, area="N-1"))
        first = Bulletin.objects.get()
        ana.post(reverse("staff-publish", args=[first.pk]), {"seen": first.edited_at.isoformat()})
        ana.post(reverse("staff-correct", args=[first.pk]), filled(topic, area="S-12"))
        assert codes(Bulletin.objects.get(corrects=first)) == {"N-1"}


@pytest.mark.usefixtures("settled")
class TestAlerts:
    def test_places_of_the_register_warn_who_lives_there(self, olga: Client, topic: Topic) -> None:
        form = alert_form(topic, areas="", polygon="", area="N-11")
        page = olga.post(reverse("staff-new-alert"), form).content.decode()
        assert "7 people by e-mail" in page
        assert "3 of them gave no place" in page
        assert "3 more follow these topics, chose other places and are not warned" in page
        olga.post(reverse("staff-new-alert"), form | {"send": "1"})
        alert = Alert.objects.get()
        assert codes(alert.bulletin) == {"N-11"}
        geocodes = [{"name": "TEST", "value": "N-11"}]
        assert alert.areas == [{"description": "Milltown", "geocodes": geocodes}]

    def test_a_place_in_words_warns_everybody_and_the_operator_reads_why(self, olga: Client, topic: Topic) -> None:
        form = alert_form(topic, areas="Lower town", polygon="", area="N-11")
        page = olga.post(reverse("staff-new-alert"), form).content.decode()
        assert "10 people by e-mail" in page
        assert "Everybody on these topics is warned, wherever they live." in page
        assert "“Lower town”: it is a name only" in page
        olga.post(reverse("staff-new-alert"), form | {"send": "1"})
        assert codes(Alert.objects.get().bulletin) == set()

    def test_an_outline_is_the_places_that_it_meets(self, olga: Client, topic: Topic) -> None:
        Place.objects.filter(code="N-11").update(geometry=SQUARE, bounds=[26.0, 44.0, 27.0, 45.0])
        far = {"type": "Polygon", "coordinates": [[[x + 40, y] for x, y in CORNERS]]}
        for code in ("N-12", "S"):
            Place.objects.filter(code=code).update(geometry=far, bounds=[66.0, 44.0, 67.0, 45.0])
        page = olga.post(reverse("staff-new-alert"), alert_form(topic, areas="Lower town")).content.decode()
        assert "<strong>Milltown</strong>" in page
        assert "7 people by e-mail" in page

    def test_the_wizard_finds_places_and_keeps_what_was_typed(self, olga: Client, topic: Topic) -> None:
        page = olga.post(reverse("staff-new-alert"), alert_form(topic, place="southw") | FIND).content.decode()
        assert "Southshire, South" in page
        assert "Flash flood in the lower town" in page
        assert not Alert.objects.exists()

    def test_the_approver_sees_the_same(self, topic: Topic) -> None:
        operator = a_person(topic.agency, Role.OPERATOR, name="Olga Operator")
        approver = fresh(signed_in(a_person(topic.agency, Role.APPROVER, name="Piet Approver")))
        coded = [{"description": "Milltown", "geocodes": [{"name": "TEST", "value": "N-11"}]}]
        for areas, says in ((coded, "7 people by e-mail"), ([{"description": "Lower town"}], "10 people by e-mail")):
            alert = an_alert(topic, operator, areas=areas)
            assert says in approver.get(reverse("staff-approve", args=[alert.pk])).content.decode()
        assert (
            "“Lower town”: it is a name only"
            in approver.get(reverse("staff-approve", args=[alert.pk])).content.decode()
        )

    def test_an_update_keeps_the_codes_of_its_places(self, olga: Client, topic: Topic) -> None:
        coded = [{"description": "Milltown", "geocodes": [{"name": "TEST", "value": "N-11"}]}]
        first = an_alert(topic, None, areas=coded)
        Bulletin.objects.filter(pk=first.pk).update(status="published", published_at=first.sent)
        address = f"{reverse('staff-new-alert')}?follows={first.pk}&kind=Update"
        shown = olga.get(address).context["form"].details.initial["areas"]
        olga.post(address, alert_form(topic, areas=shown, polygon="", area="S-12") | {"send": "1"})
        update = Alert.objects.exclude(pk=first.pk).get()
        assert codes(update.bulletin) == {"N-11", "S-12"}


def test_what_is_wrong_with_an_outline_is_said_in_the_operators_language() -> None:
    crossed = "0,0 1,1 1,0 0,1"
    assert areas_from_text(["Coast"], crossed)[1] == [
        "area 1 “Coast”, polygon 1 crosses or touches itself: draw it as one simple outline"
    ]
    with translation.override("fr"):
        assert areas_from_text(["Coast"], crossed)[1] == [
            "zone 1 “Coast”, polygone 1 se croise ou se touche\u00a0: tracez un seul contour simple"
        ]
