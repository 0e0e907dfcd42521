"""Writing and publishing bulletins on the staff pages."""

import threading
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from agencies.models import Agency, Role
from alerts.models import Bulletin, Dispatch
from subscriptions.models import Topic
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.staff.cast import a_draft, a_person, a_topic, an_agency, listeners, signed_in

NEW = "/staff/bulletins/new/"


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def topic(agency: Agency) -> Topic:
    return a_topic(agency)


@pytest.fixture
def ana(agency: Agency, topic: Topic) -> Client:
    return signed_in(a_person(agency, Role.AUTHOR, Role.PUBLISHER))


def filled(topic: Topic, **changes: str) -> dict[str, str]:
    """The composer's fields as a browser sends them."""
    return {
        "topics": str(topic.pk),
        "languages": "1",
        "t0-language": "en",
        "t0-title": "River rising",
        "t0-body": "The **Brook** rises.\r\n\r\nStay away.",
        "save": "1",
    } | changes


@pytest.mark.django_db
class TestWriting:
    def test_a_draft_is_saved(self, ana: Client, topic: Topic) -> None:
        answer = ana.post(NEW, filled(topic), follow=True)
        bulletin = Bulletin.objects.get()
        assert answer.redirect_chain[0][0] == reverse("staff-bulletin", args=[bulletin.pk])
        assert (bulletin.status, bulletin.title, bulletin.created_by and bulletin.created_by.name) == (
            "draft",
            "River rising",
            "Ana Author",
        )
        assert bulletin.variants.get().body == "The **Brook** rises.\n\nStay away."
        assert not Dispatch.objects.exists()

    def test_what_is_wrong_is_shown_beside_its_field_and_nothing_typed_is_lost(self, ana: Client, topic: Topic) -> None:
        page = ana.post(NEW, filled(topic, **{"t0-title": ""})).content.decode()
        assert 'href="#id_t0-title"' in page
        assert "The **Brook** rises." in page
        assert not Bulletin.objects.exists()

    def test_a_language_more_and_a_language_less(self, ana: Client, topic: Topic) -> None:
        more = ana.post(NEW, filled(topic, **{"add-language": "1"})).content.decode()
        assert 'name="t1-title"' in more
        assert "River rising" in more
        two = filled(topic, languages="2", **{"t1-language": "fr", "t1-title": "Crue", "t1-body": "La crue."})
        less = ana.post(NEW, two | {"remove-language": "0"}).content.decode()
        assert "Crue" in less
        assert "River rising" not in less
        ana.post(NEW, two)
        assert {one.language for one in Bulletin.objects.get().variants.all()} == {"en", "fr"}

    def test_a_double_click_makes_one_draft_and_another_text_another(self, ana: Client, topic: Topic) -> None:
        once = filled(topic, nonce="a-nonce")
        ana.post(NEW, once)
        ana.post(NEW, once)
        assert Bulletin.objects.count() == 1
        ana.post(NEW, once | {"t0-title": "Another"})
        assert Bulletin.objects.count() == 2

    def test_another_agencys_topic_is_no_choice(self, ana: Client, topic: Topic) -> None:
        foreign = a_topic(an_agency("brook", "City of Brook"), "roads")
        page = ana.post(NEW, filled(foreign))
        assert b"Select a valid choice" in page.content
        assert not Bulletin.objects.exists()

    def test_who_works_for_two_agencies_chooses_first(self, agency: Agency, topic: Topic) -> None:
        city = an_agency("brook", "City of Brook")
        person = a_person(agency, Role.AUTHOR)
        person.memberships.create(agency=city, role=Role.AUTHOR)
        client = signed_in(person)
        assert b"?agency=brook" in client.get(NEW).content
        assert b"Floods" in client.get(f"{NEW}?agency=water").content

    def test_of_two_editors_nobody_loses_a_word(self, ana: Client, topic: Topic) -> None:
        draft = a_draft(topic)
        address = reverse("staff-edit", args=[draft.pk])
        bob = signed_in(a_person(topic.agency, Role.AUTHOR, name="Bob Author"))
        seen = draft.edited_at.isoformat()
        bob.post(address, filled(topic, seen=seen, **{"t0-body": "Bob's words."}))
        answer = ana.post(address, filled(topic, seen=seen, **{"t0-body": "Ana's words."}))
        page = answer.content.decode()
        assert answer.status_code == HTTPStatus.CONFLICT
        assert "Bob Author saved another version" in page
        assert "Bob&#x27;s words." in page
        assert "Ana&#x27;s words." in page
        assert draft.variants.get().body == "Bob's words."
        draft.refresh_from_db()
        ana.post(address, filled(topic, seen=draft.edited_at.isoformat(), **{"t0-body": "Both."}))
        assert draft.variants.get().body == "Both."

    @pytest.mark.parametrize("seen", ["", "yesterday", "2026-01-01", "2026-99-99T00:00:00"])
    def test_a_form_that_does_not_say_what_it_saw_saves_nothing(self, ana: Client, topic: Topic, seen: str) -> None:
        draft = a_draft(topic)
        assert ana.post(reverse("staff-edit", args=[draft.pk]), filled(topic, seen=seen)).status_code == 409
        assert draft.variants.get().title == "River rising"

    @pytest.mark.parametrize("languages", ["", "-1", "9999999", "x", "0", "²"])
    def test_a_mangled_form_is_no_accident(self, ana: Client, topic: Topic, languages: str) -> None:
        assert ana.post(NEW, filled(topic, languages=languages)).status_code in {200, 302}
        assert ana.post(NEW, {"topics": ["x", "9" * 40], "languages": "1"}).status_code == 200
        assert ana.post(f"{reverse('staff-preview')}?agency=water", {"topics": ["x", "9" * 40]}).status_code == 200


@pytest.mark.django_db
class TestPreview:
    def test_it_shows_web_and_mail_and_counts_each_person_once(self, ana: Client, topic: Topic) -> None:
        other = a_topic(topic.agency, "droughts")
        listeners([topic, other], people=3, machines=2)
        listeners([other], people=1)
        address = f"{reverse('staff-preview')}?agency=water"
        answer = ana.post(address, filled(topic) | {"topics": [topic.pk, other.pk]})
        page = answer.content.decode()
        assert "Reaches 4 people" in page
        assert "2 machines get it, too." in page
        assert "The <strong>Brook</strong> rises." in page
        assert not Bulletin.objects.exists()
        frame = ana.get(page.split('src="')[1].split('"')[0])
        assert "River rising" in frame.content.decode()
        assert "style-src 'unsafe-inline'" in frame.headers["Content-Security-Policy"]
        assert "sandbox" in frame.headers["Content-Security-Policy"]
        assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"

    def test_it_takes_what_could_never_be_published(self, ana: Client, topic: Topic) -> None:
        nonsense = {"languages": "2", "t0-title": "x" * 999, "t0-body": "\x00<script>alert(1)</script>", "t1-body": "y"}
        page = ana.post(f"{reverse('staff-preview')}?agency=water", nonsense).content.decode()
        assert "<script>alert" not in page
        assert "Reaches 0 people" in page

    def test_it_says_what_can_not_be_shown(self, ana: Client, topic: Topic) -> None:
        deep = filled(topic, **{"t0-body": "<div>" * 300, "t0-body_format": "html"})
        page = ana.post(f"{reverse('staff-preview')}?agency=water", deep).content.decode()
        assert "nested more than" in page
        assert b"nested more than" in ana.post(NEW, deep).content
        assert not Bulletin.objects.exists()

    def test_it_works_without_a_script(self, ana: Client, topic: Topic) -> None:
        listeners([topic], people=2)
        page = ana.post(NEW, filled(topic) | {"preview": "1"}).content.decode()
        assert "Reaches 2 people" in page
        assert "The <strong>Brook</strong> rises." in page
        assert not Bulletin.objects.exists()

    def test_a_mail_is_shown_to_who_previewed_it_only(self, ana: Client, topic: Topic) -> None:
        page = ana.post(f"{reverse('staff-preview')}?agency=water", filled(topic)).content.decode()
        address = page.split('src="')[1].split('"')[0]
        bob = signed_in(a_person(topic.agency, Role.AUTHOR, name="Bob"))
        assert bob.get(address).status_code == 404


@pytest.mark.django_db
class TestPublishing:
    def test_the_last_page_says_who_gets_it(self, ana: Client, topic: Topic) -> None:
        listeners([topic], people=2, machines=1)
        draft = a_draft(topic)
        page = ana.get(reverse("staff-publish", args=[draft.pk])).content.decode()
        assert "Reaches 2 people. 1 machine gets it, too." in page
        assert "Floods" in page
        assert not Dispatch.objects.exists()

    def test_what_somebody_changed_meanwhile_is_not_published_unseen(self, ana: Client, topic: Topic) -> None:
        draft = a_draft(topic)
        answer = ana.post(reverse("staff-publish", args=[draft.pk]), {"seen": "2026-01-01T00:00:00+00:00"}, follow=True)
        assert b"Somebody has just changed this draft" in answer.content
        assert not Dispatch.objects.exists()

    def test_the_second_publisher_is_told_who_was_first(self, ana: Client, topic: Topic) -> None:
        draft = a_draft(topic)
        address = reverse("staff-publish", args=[draft.pk])
        bob = signed_in(a_person(topic.agency, Role.PUBLISHER, name="Bob Publisher"))
        seen = {"seen": draft.edited_at.isoformat()}
        assert b"It is on its way" in bob.post(address, seen, follow=True).content
        assert b"already published by Bob Publisher at" in ana.post(address, seen, follow=True).content
        assert b"already published by Bob Publisher at" in ana.get(address, follow=True).content
        assert b"can no longer be edited" in ana.get(reverse("staff-edit", args=[draft.pk]), follow=True).content
        assert Dispatch.objects.count() == 1

    def test_a_draft_that_cannot_be_published_says_why(self, ana: Client, topic: Topic) -> None:
        draft = a_draft(topic)
        topic.closed_at = draft.created_at
        topic.save()
        answer = ana.post(reverse("staff-publish", args=[draft.pk]), {"seen": draft.edited_at.isoformat()})
        assert "The topic “floods” is closed" in answer.content.decode()
        assert not Dispatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_publishers_at_the_same_moment_make_one_dispatch() -> None:
    agency = an_agency()
    draft = a_draft(a_topic(agency))
    clients = [signed_in(a_person(agency, Role.PUBLISHER, name=name)) for name in ("Ana A", "Bob B")]
    address, seen = reverse("staff-publish", args=[draft.pk]), {"seen": draft.edited_at.isoformat()}
    start = threading.Barrier(2)
    pages = []

    def publish(client: Client) -> None:
        start.wait()
        try:
            pages.append(client.post(address, seen, follow=True).content)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Dispatch.objects.count() == 1
    assert sorted(b"already published by" in page for page in pages) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_the_page_follows_the_sending_until_it_is_done(inbox: Inbox) -> None:
    agency = an_agency()
    topic = a_topic(agency)
    listeners([topic], people=3)
    ana = signed_in(a_person(agency, Role.PUBLISHER))
    draft = a_draft(topic)
    ana.post(reverse("staff-publish", args=[draft.pk]), {"seen": draft.edited_at.isoformat()})
    address = reverse("staff-bulletin-progress", args=[draft.pk])
    moving = ana.get(address).content.decode()
    assert 'hx-trigger="every 1s"' in moving
    assert "Refresh" in moving
    work_through()
    done = ana.get(address).content.decode()
    assert "3 of 3 sent" in done
    assert "hx-trigger" not in done
    assert "3 of 3 sent" in ana.get(reverse("staff-bulletin", args=[draft.pk])).content.decode()
    assert len(inbox.mails) == 3
    overview = ana.get("/staff/").content.decode()
    assert "Last results" in overview
    assert "River rising" in overview
