"""Emergency alerts on the staff pages: two steps to start one, a second person to send it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, AuditEntry, Role, User
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.importing import import_cap
from alerts.cap.lexical import format_time
from alerts.models import Alert, Approval, Dispatch
from subscriptions.models import Topic
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.api.messages import cap
from tests.integration.staff.cast import a_person, a_topic, an_agency, an_alert, fresh, listeners, signed_in

NEW = "/staff/alerts/new/"


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def topic(agency: Agency) -> Topic:
    return a_topic(agency)


@pytest.fixture
def olga(agency: Agency, topic: Topic) -> User:
    return a_person(agency, Role.OPERATOR, name="Olga Operator")


@pytest.fixture
def piet(agency: Agency) -> User:
    return a_person(agency, Role.APPROVER, name="Piet Approver")


def filled(topic: Topic, **changes: str) -> dict[str, str]:
    """The operator's form as a browser sends it; `check` is the button."""
    return {
        "status": "Actual",
        "topics": str(topic.pk),
        "category": "Met",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "areas": "Lower town\r\nMill quarter",
        "polygon": "44.43,26.10 44.45,26.10 44.45,26.14",
        "expires": (timezone.now() + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M"),
        "languages": "1",
        "t0-language": "en",
        "t0-event": "Flash flood",
        "t0-headline": "Flash flood in the lower town",
        "t0-description": "The Brook is over its banks.",
        "t0-instruction": "Go upstairs now.",
        "check": "1",
    } | changes


def approve_page(alert: Alert) -> str:
    return reverse("staff-approve", args=[alert.pk])


@pytest.mark.django_db
class TestStarting:
    def test_the_check_says_in_words_what_would_go_to_whom_and_keeps_nothing(self, olga: User, topic: Topic) -> None:
        listeners([topic], people=2, machines=1)
        page = signed_in(olga).post(NEW, filled(topic)).content.decode()
        for words in ("LIVE ALERT", "Lower town", "Mill quarter", "2 people by e-mail", "1 machine by webhook"):
            assert words in page
        assert "5\u00a0hours" in page
        assert not Alert.objects.exists()

    def test_an_exercise_is_another_place(self, olga: User, topic: Topic) -> None:
        page = signed_in(olga).post(NEW, filled(topic, status="Exercise")).content.decode()
        assert "EXERCISE" in page
        assert "LIVE ALERT" not in page
        assert 'class="drill"' in page

    def test_what_was_checked_is_what_waits_for_the_approver(self, olga: User, piet: User, topic: Topic) -> None:
        client = signed_in(olga)
        checked = filled(topic)
        del checked["check"]
        answer = client.post(NEW, checked | {"send": "1", "nonce": "n"}, follow=True)
        alert = Alert.objects.get()
        assert (alert.status, alert.area_names, alert.bulletin.status) == (
            "Actual",
            "Lower town; Mill quarter",
            "draft",
        )
        assert alert.areas[0]["polygons"][0][0] == alert.areas[0]["polygons"][0][-1]
        assert b"It waits for one of: Piet Approver" in answer.content
        client.post(NEW, checked | {"send": "1", "nonce": "n"})
        assert Alert.objects.count() == 1  # the button was pressed twice

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"status": ""}, "Live, exercise or test?"),
            ({"t0-event": ""}, "What is it?"),
            ({"severity": "Unknown"}, "Unknown is not one of the available choices"),
            ({"areas": " \r\n"}, "Choose a place, or name one."),
            ({"polygon": "44.43 26.10"}, "latitude,longitude"),
            ({"polygon": "1,1 2,2"}, "it takes 4"),
            ({"polygon": "91,1 1,2 2,2"}, "is not within"),
            ({"polygon": "0,0 1,1 0,1 1,0"}, "crosses"),
            ({"expires": "2020-01-01T00:00"}, "in the next 72 hours"),
            ({"expires": "2099-01-01T00:00"}, "in the next 72 hours"),
            ({"t0-headline": ""}, "Write a title"),
            ({"t0-description": ""}, "Write a text"),
        ],
    )
    def test_what_is_missing_is_named_and_the_check_is_not_reached(
        self, olga: User, topic: Topic, change: dict[str, str], words: str
    ) -> None:
        page = signed_in(olga).post(NEW, filled(topic) | change).content.decode()
        assert "There is a problem" in page
        assert words in page
        assert "Is this right?" not in page
        signed_in(olga).post(NEW, filled(topic) | change | {"send": "1"})
        assert not Alert.objects.exists()

    def test_an_alert_to_nobody_in_particular_is_not_one(self, olga: User, topic: Topic) -> None:
        form = filled(topic)
        del form["topics"]
        assert b"Choose at least one topic" in signed_in(olga).post(NEW, form).content

    def test_nothing_is_offered_as_unknown(self, olga: User) -> None:
        assert b"Unknown" not in signed_in(olga).get(NEW).content

    def test_one_goes_back_with_everything_typed(self, olga: User, topic: Topic) -> None:
        page = signed_in(olga).post(NEW, filled(topic) | {"change": "1"}).content.decode()
        assert "Step 1 of 2" in page
        assert "Go upstairs now." in page

    def test_one_like_it_is_pointed_out(self, olga: User, topic: Topic) -> None:
        an_alert(topic, olga)
        page = signed_in(olga).post(NEW, filled(topic, **{"t0-event": "flash FLOOD"})).content.decode()
        assert "There is another one like it" in page

    def test_nobody_reached_is_said_loudly(self, olga: User, topic: Topic) -> None:
        assert b"This alert would reach no one" in signed_in(olga).post(NEW, filled(topic)).content


@pytest.mark.django_db
class TestApproving:
    def test_it_takes_a_fresh_sign_in(self, olga: User, piet: User, topic: Topic) -> None:
        alert = an_alert(topic, olga)
        client = signed_in(piet)
        assert "/staff/sign-in/reauthenticate/" in client.get(approve_page(alert))["Location"]
        seen = {"seen_hash": content_hash(alert), "word": "SEND"}
        assert "/staff/sign-in/reauthenticate/" in client.post(approve_page(alert), seen)["Location"]
        assert not Dispatch.objects.exists()
        assert fresh(client).get(approve_page(alert)).status_code == 200

    @pytest.mark.parametrize("word", ["", "send", "SEND IT", "Send"])
    def test_a_live_alert_takes_the_word(self, olga: User, piet: User, topic: Topic, word: str) -> None:
        alert = an_alert(topic, olga)
        client = fresh(signed_in(piet))
        page = client.post(approve_page(alert), {"seen_hash": content_hash(alert), "word": word}).content.decode()
        assert "Type the word SEND" in page
        assert not Dispatch.objects.exists()

    def test_approved_it_is_on_its_way(self, olga: User, piet: User, topic: Topic) -> None:
        alert = an_alert(topic, olga)
        client = fresh(signed_in(piet))
        assert "Lower town" in client.get(approve_page(alert)).content.decode()
        answer = client.post(approve_page(alert), {"seen_hash": content_hash(alert), "word": " SEND "}, follow=True)
        page = answer.content.decode()
        assert "on its way" in page
        assert "s since approval" in page
        assert Approval.objects.get().approver == piet
        again = client.post(approve_page(alert), {"seen_hash": content_hash(alert), "word": "SEND"}, follow=True)
        assert b"already published by Piet Approver" in again.content
        assert Dispatch.objects.count() == 1

    def test_an_exercise_takes_no_word_and_a_second_person_all_the_same(
        self, olga: User, piet: User, topic: Topic
    ) -> None:
        alert = an_alert(topic, olga, status="Exercise")
        client = fresh(signed_in(piet))
        page = client.get(approve_page(alert)).content.decode()
        assert "EXERCISE" in page
        assert 'name="word"' not in page
        client.post(approve_page(alert), {"seen_hash": content_hash(alert)})
        assert Dispatch.objects.exists()

    def test_who_wrote_it_cannot_approve_it(self, topic: Topic) -> None:
        both = a_person(topic.agency, Role.OPERATOR, Role.APPROVER)
        alert = an_alert(topic, both)
        client = fresh(signed_in(both))
        answer = client.post(approve_page(alert), {"seen_hash": content_hash(alert), "word": "SEND"}, follow=True)
        assert b"You wrote this alert. A second person must approve it." in answer.content
        assert b"Nobody else at this agency may" in answer.content
        assert not Dispatch.objects.exists()

    def test_a_change_makes_what_was_seen_void(self, olga: User, piet: User, topic: Topic) -> None:
        alert = an_alert(topic, olga)
        seen = {"seen_hash": content_hash(alert), "word": "SEND"}
        other = a_topic(topic.agency, "droughts")
        changed = signed_in(olga).post(reverse("staff-alert-topics", args=[alert.pk]), {"topics": [other.pk]})
        assert changed.status_code == 302
        assert alert.bulletin.ordered_topics() == [other]
        answer = fresh(signed_in(piet)).post(approve_page(alert), seen, follow=True)
        assert b"has changed since you opened it" in answer.content
        assert not Dispatch.objects.exists()

    def test_what_has_ended_says_so_and_has_no_button(self, olga: User, piet: User, topic: Topic) -> None:
        Agency.objects.filter(pk=topic.agency.pk).update(time_zone="Asia/Kathmandu")
        alert = an_alert(topic, olga, expires=datetime(2026, 3, 1, 20, 0, tzinfo=UTC))
        client = fresh(signed_in(piet))
        page = client.get(approve_page(alert)).content.decode()
        assert "It ended on 2 March 2026, 01:45 +0545." in page
        assert "Approve and send" not in page
        answer = client.post(approve_page(alert), {"seen_hash": content_hash(alert), "word": "SEND"}, follow=True)
        assert b"It ended on" in answer.content
        assert not Dispatch.objects.exists()


@pytest.mark.django_db
class TestFollowingUp:
    @pytest.fixture
    def sent(self, olga: User, piet: User, topic: Topic) -> Alert:
        polygon = [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [1.0, 1.0]]
        alert = an_alert(topic, olga, areas=[{"description": "Lower town", "polygons": [polygon]}])
        approve_alert(alert=alert, approver=piet, seen_hash=content_hash(alert))
        return alert

    def test_an_update_is_one_click_away_and_keeps_everything(self, olga: User, topic: Topic, sent: Alert) -> None:
        client = signed_in(olga)
        page = client.get(reverse("staff-alert", args=[sent.pk])).content.decode()
        address = f"{NEW}?follows={sent.pk}&kind=Update"
        assert address.replace("&", "&amp;") in page
        form = client.get(address).content.decode()
        for kept in ("This replaces:", "Flash flood in the lower town", "Go upstairs.", "1.0,1.0 1.0,2.0"):
            assert kept in form
        client.post(address, filled(topic) | {"send": "1"})
        update = Alert.objects.exclude(pk=sent.pk).get()
        assert update.msg_type == "Update"
        assert update.references == [[sent.sender, sent.identifier, format_time(sent.sent)]]
        assert update.bulletin.status == "draft"

    def test_a_cancel_says_what_it_cancels_and_refers_to_all_before_it(
        self, olga: User, piet: User, topic: Topic, sent: Alert
    ) -> None:
        client = signed_in(olga)
        client.post(f"{NEW}?follows={sent.pk}&kind=Update", filled(topic) | {"send": "1"})
        update = Alert.objects.exclude(pk=sent.pk).get()
        approve_alert(alert=update, approver=piet, seen_hash=content_hash(update))
        address = f"{NEW}?follows={update.pk}&kind=Cancel"
        assert b"Cancelled: Flash flood in the lower town" in client.get(address).content
        client.post(address, filled(topic) | {"send": "1"})
        cancel = Alert.objects.latest("pk")
        assert cancel.msg_type == "Cancel"
        assert [triple[1] for triple in cancel.references] == [sent.identifier, update.identifier]
        approve_alert(alert=cancel, approver=piet, seen_hash=content_hash(cancel))
        assert client.get(f"{NEW}?follows={cancel.pk}&kind=Update").status_code == 404

    def test_no_place_loses_its_shapes_on_the_way(self, olga: User, piet: User, topic: Topic) -> None:
        triangle = [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [1.0, 1.0]]
        areas = [
            {"description": "Lower town", "polygons": [triangle, triangle], "circles": [[1.0, 1.0, 5.0]]},
            {"description": "Mill quarter", "geocodes": [{"name": "NUTS3", "value": "RO321"}]},
        ]
        alert = an_alert(topic, olga, areas=areas, category=["Met", "Safety"], response_type=["Evacuate"])
        approve_alert(alert=alert, approver=piet, seen_hash=content_hash(alert))
        address = f"{NEW}?follows={alert.pk}&kind=Update"
        unchanged = filled(topic, polygon="") | {"send": "1"}
        client = signed_in(olga)
        client.post(address, unchanged)
        update = Alert.objects.latest("pk")
        assert (update.areas, update.category, update.response_type) == (areas, ["Met", "Safety"], ["Evacuate"])
        client.post(address, unchanged | {"areas": "Upper town\nMill quarter", "category": "Fire"})
        moved = Alert.objects.latest("pk")
        assert (moved.areas, moved.category) == ([{"description": "Upper town"}, areas[1]], ["Fire"])
        client.post(address, unchanged | {"polygon": "5,5 5,6 6,6"})
        redrawn = Alert.objects.latest("pk")
        assert redrawn.areas[0]["polygons"] == [[[5.0, 5.0], [5.0, 6.0], [6.0, 6.0], [5.0, 5.0]]]
        assert redrawn.areas[1] == areas[1]

    def test_an_outline_that_was_offered_can_be_removed(self, olga: User, topic: Topic, sent: Alert) -> None:
        signed_in(olga).post(f"{NEW}?follows={sent.pk}&kind=Update", filled(topic, polygon="") | {"send": "1"})
        assert Alert.objects.latest("pk").areas[0] == {"description": "Lower town"}

    def test_an_imported_text_is_offered_as_text(self, olga: User, piet: User, topic: Topic) -> None:
        soon = (timezone.now() + timedelta(hours=1)).isoformat(timespec="seconds")
        alert = import_cap(agency=topic.agency, data=cap(expires=soon), topics=[topic], author=olga)
        approve_alert(alert=alert, approver=piet, seen_hash=content_hash(alert))
        form = signed_in(olga).get(f"{NEW}?follows={alert.pk}&kind=Update").content.decode()
        assert "Gusts of 35 m/s." in form
        assert "&lt;p&gt;" not in form

    @pytest.mark.parametrize("kind", ["Alert", "Ack", "", "cancel"])
    def test_nothing_else_follows_an_alert(self, olga: User, sent: Alert, kind: str) -> None:
        assert signed_in(olga).get(f"{NEW}?follows={sent.pk}&kind={kind}").status_code == 404

    def test_only_what_was_sent_by_ones_own_agency_is_followed_up(self, olga: User, topic: Topic, sent: Alert) -> None:
        client = signed_in(olga)
        draft = an_alert(topic, olga, event="Storm")
        for number in (draft.pk, 10**30, "x"):
            assert client.get(f"{NEW}?follows={number}&kind=Update").status_code == 404
        stranger = signed_in(a_person(an_agency("brook", "City of Brook"), Role.OPERATOR))
        assert stranger.get(f"{NEW}?follows={sent.pk}&kind=Cancel").status_code == 404
        viewer = signed_in(a_person(topic.agency, Role.OPERATOR, name="Carl"))
        assert viewer.get(f"{NEW}?follows={sent.pk}&kind=Cancel").status_code == 200


@pytest.mark.django_db
class TestMachines:
    def test_a_machines_alert_is_taken_over_first(self, olga: User, piet: User, topic: Topic) -> None:
        alert = an_alert(topic, None)
        page = reverse("staff-alert", args=[alert.pk])
        assert b"A machine drafted this alert" in signed_in(olga).get(page).content
        assert b"/approve/" not in fresh(signed_in(piet)).get(page).content
        take_over = reverse("staff-alert-take-over", args=[alert.pk])
        assert signed_in(olga).get(take_over).status_code == 405
        signed_in(olga).post(take_over)
        alert.bulletin.refresh_from_db()
        assert alert.bulletin.created_by == olga
        assert AuditEntry.objects.filter(verb="alert.taken-over", actor_id=olga.pk).exists()
        carl = signed_in(a_person(topic.agency, Role.OPERATOR, name="Carl"))
        assert b"has its author already" in carl.post(take_over, follow=True).content

    def test_an_import_shows_what_is_odd_and_gives_its_source_back(self, olga: User, topic: Topic) -> None:
        data = cap(expires="")
        alert = import_cap(agency=topic.agency, data=data, topics=[topic], author=olga)
        client = signed_in(olga)
        page = client.get(reverse("staff-alert", args=[alert.pk])).content.decode()
        assert "What is odd about it" in page
        assert "It says no time at which it ends" in page
        source = client.get(reverse("staff-alert-source", args=[alert.pk]))
        assert source.content == data
        assert source.headers["Content-Disposition"].startswith("attachment")

    def test_counting_again_changes_nothing(self, olga: User, topic: Topic) -> None:
        other = a_topic(topic.agency, "droughts")
        listeners([other], people=4)
        alert = an_alert(topic, olga)
        address = reverse("staff-alert-topics", args=[alert.pk])
        page = signed_in(olga).post(address, {"topics": [other.pk], "count": "1"}).content
        assert b"Reaches 4 people" in page
        assert alert.bulletin.ordered_topics() == [topic]
        refused = signed_in(olga).post(address, {"save": "1"}).content
        assert b"Choose at least one topic" in refused
        assert alert.bulletin.ordered_topics() == [topic]


@pytest.mark.django_db(transaction=True)
def test_the_live_page_counts_until_everybody_is_reached(inbox: Inbox) -> None:
    agency = an_agency()
    topic = a_topic(agency)
    listeners([topic], people=2)
    olga, piet = a_person(agency, Role.OPERATOR, name="Olga"), a_person(agency, Role.APPROVER, name="Piet")
    alert = an_alert(topic, olga)
    client: Client = fresh(signed_in(piet))
    client.post(approve_page(alert), {"seen_hash": content_hash(alert), "word": "SEND"})
    address = reverse("staff-alert-progress", args=[alert.pk])
    assert "every 1s" in client.get(address).content.decode()
    work_through()
    page = client.get(address).content.decode()
    assert "2 of 2 sent" in page
    assert "first sent after" in page
    assert "every 1s" not in page
    assert len(inbox.mails) == 2
