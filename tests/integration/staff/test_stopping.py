"""Stopping, withdrawing and correcting on the staff pages, and what citizens then read."""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Agency, AuditEntry, Role, User
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.publishing import publish_bulletin
from alerts.models import Alert, Bulletin, Dispatch
from subscriptions.models import Topic
from tests.engine import work_through
from tests.integration.staff.cast import (
    a_draft,
    a_person,
    a_topic,
    an_agency,
    an_alert,
    fresh,
    listeners,
    signed_in,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def topic() -> Topic:
    found = a_topic(an_agency())
    listeners([found], people=3)
    return found


@pytest.fixture
def publisher(topic: Topic) -> User:
    return a_person(topic.agency, Role.PUBLISHER, name="Paula Publisher")


@pytest.fixture
def sent(topic: Topic, publisher: User) -> Bulletin:
    bulletin = a_draft(topic, publisher)
    publish_bulletin(bulletin=bulletin, publisher=publisher)
    return bulletin


@pytest.fixture
def alert(topic: Topic) -> Alert:
    agency = topic.agency
    author = a_person(agency, Role.OPERATOR, Role.APPROVER, name="Olga Operator")
    found = an_alert(topic, author)
    approver = a_person(agency, Role.APPROVER, name="Arif Approver")
    approve_alert(alert=found, approver=approver, seen_hash=content_hash(found))
    return found


def state(bulletin: Bulletin) -> str:
    return Dispatch.objects.get(bulletin=bulletin).state


def text_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_one_press_pauses_and_one_sends_on(sent: Bulletin, publisher: User) -> None:
    client, page = signed_in(publisher), f"/staff/bulletins/{sent.pk}/"
    assert "/pause/" in text_of(client, page)
    answer = client.post(f"{page}pause/", follow=True).content.decode()
    assert "Nothing" not in answer
    assert "nothing more is handed over" in answer
    assert state(sent) == "paused"
    assert "/resume/" in answer
    assert "/pause/" not in answer
    assert "Send it on" in answer
    assert "Paused" in text_of(client, "/staff/")
    client.post(f"{page}resume/")
    assert state(sent) == "sending"


def test_the_part_that_moves_reloads_the_page_when_the_state_has_changed(sent: Bulletin, publisher: User) -> None:
    client, page = signed_in(publisher), f"/staff/bulletins/{sent.pk}/"
    assert "progress/?state=sending" in text_of(client, page)
    assert "HX-Refresh" not in client.get(f"{page}progress/?state=sending").headers
    client.post(f"{page}pause/")
    assert client.get(f"{page}progress/?state=sending").headers["HX-Refresh"] == "true"


def test_stopping_for_good_asks_first_and_says_what_it_means(sent: Bulletin, publisher: User) -> None:
    client, page = signed_in(publisher), f"/staff/bulletins/{sent.pk}/"
    assert "can’t be undone" in text_of(client, f"{page}stop/")
    assert state(sent) == "sending"
    client.post(f"{page}stop/", {"reason": "wrong figure"})
    assert state(sent) == "cancelled"
    assert AuditEntry.objects.get(verb="dispatch.cancelled").after["reason"] == "wrong figure"
    assert "nothing of it under way" in client.get(f"{page}stop/", follow=True).content.decode()
    refused = client.post(f"{page}resume/", follow=True).content.decode()
    assert "It was cancelled, which is for good" in refused


def test_a_withdrawn_bulletin_shows_the_reason_in_the_place_of_its_text(sent: Bulletin, publisher: User) -> None:
    client, page = signed_in(publisher), f"/staff/bulletins/{sent.pk}/"
    assert "Say why" in client.post(f"{page}withdraw/", {"reason": " "}).content.decode()
    client.post(f"{page}withdraw/", {"reason": "The <b>figure</b> was wrong."})
    assert (Bulletin.objects.get().status, state(sent)) == ("withdrawn", "cancelled")
    assert "The &lt;b&gt;figure&lt;/b&gt; was wrong." in text_of(client, page)
    public = Client().get(sent.get_absolute_url())
    assert public.status_code == 410
    assert "The &lt;b&gt;figure&lt;/b&gt; was wrong." in public.content.decode()
    assert "The <strong>Brook</strong> rises." not in public.content.decode()
    assert "Only what is published" in client.get(f"{page}withdraw/", follow=True).content.decode()


def test_a_correction_begins_with_the_text_and_goes_to_who_got_it(
    inbox: object, sent: Bulletin, publisher: User, topic: Topic
) -> None:
    work_through()
    listeners([topic], people=2)
    client = signed_in(publisher)
    page = text_of(client, f"/staff/bulletins/{sent.pk}/correct/")
    assert "The **Brook** rises." in page
    assert "Reaches 3 people" in page
    assert 'name="topics"' not in page
    form = {"languages": "1", "t0-language": "en", "t0-title": "River falling", "t0-body": "It **falls**."}
    shown = client.post(f"/staff/bulletins/preview/?agency=water&corrects={sent.pk}", form).content.decode()
    assert "Correction: this replaces what we sent you on" in shown
    client.post(f"/staff/bulletins/{sent.pk}/correct/", form | {"save": "1"})
    draft = Bulletin.objects.get(corrects=sent)
    assert draft.ordered_topics() == [topic]
    client.post(f"/staff/bulletins/{draft.pk}/edit/", form | {"seen": draft.edited_at.isoformat(), "save": "1"})
    draft.refresh_from_db()
    assert (draft.ordered_topics(), draft.corrects) == ([topic], sent)
    page = text_of(client, f"/staff/bulletins/{draft.pk}/publish/")
    assert "Reaches 3 people" in page
    assert "nobody else" in page
    client.post(f"/staff/bulletins/{draft.pk}/publish/", {"seen": draft.edited_at.isoformat()})
    draft.refresh_from_db()
    assert draft.status == "published"
    assert f"/staff/bulletins/{draft.pk}/" in text_of(client, f"/staff/bulletins/{sent.pk}/")
    assert f"/staff/bulletins/{sent.pk}/" in text_of(client, f"/staff/bulletins/{draft.pk}/")
    citizen = Client()
    first, second = text_of(citizen, sent.get_absolute_url()), text_of(citizen, draft.get_absolute_url())
    assert "This was corrected." in first
    assert draft.get_absolute_url() in first
    assert "This is a correction." in second
    assert sent.get_absolute_url() in second


def test_what_is_no_bulletin_of_the_past_is_not_corrected(topic: Topic, publisher: User) -> None:
    draft = a_draft(topic, publisher)
    answer = signed_in(publisher).get(f"/staff/bulletins/{draft.pk}/correct/", follow=True).content.decode()
    assert "It has not been published: edit the draft." in answer


def test_one_person_stops_an_alert_and_an_approver_sends_it_on_after_a_fresh_sign_in(alert: Alert) -> None:
    page = f"/staff/alerts/{alert.pk}/"
    olga, arif = (User.objects.get(name=name) for name in ("Olga Operator", "Arif Approver"))
    operator, approver = signed_in(olga), signed_in(arif)
    operator.post(f"{page}pause/")
    assert state(alert.bulletin) == "paused"
    assert "/resume/" not in text_of(operator, page), "she wrote it"
    fresh(operator).post(f"{page}resume/")
    assert state(alert.bulletin) == "paused"
    assert "/staff/sign-in/" in approver.get(f"{page}resume/")["Location"]
    fresh(approver)
    assert "Send this alert on?" in text_of(approver, f"{page}resume/")
    approver.post(f"{page}resume/")
    assert state(alert.bulletin) == "sending"
    assert "Send an update or a cancel" in text_of(operator, f"{page}stop/")
    operator.post(f"{page}stop/", {"reason": "sent in error"})
    assert state(alert.bulletin) == "cancelled"


def test_the_list_names_everybody_and_addresses_only_for_the_administrator(
    inbox: object, sent: Bulletin, publisher: User
) -> None:
    inbox.refusals["citizen1@example.org"] = "550 5.7.1 =cmd|'/c calc'"  # type: ignore[attr-defined]
    work_through()
    client, page = signed_in(publisher), f"/staff/bulletins/{sent.pk}/recipients/"
    shown = text_of(client, page)
    assert "Got it: the next mail server" in shown
    assert "Download with addresses" not in shown
    answer = client.post(page.removesuffix("/") + ".csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))  # type: ignore[attr-defined]
    assert sorted(row["result"] for row in rows) == ["got", "got", "not"]
    assert "address" not in rows[0]
    assert "citizen" not in str(rows)
    assert client.post(page.removesuffix("/") + ".csv", {"addresses": "1"}).status_code == 403
    administrator = signed_in(a_person(Agency.objects.get(), Role.ADMINISTRATOR, name="Adi Admin"))
    answer = administrator.post(page.removesuffix("/") + ".csv", {"addresses": "1"})
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))  # type: ignore[attr-defined]
    assert {row["address"] for row in rows} == {f"citizen{number}@example.org" for number in range(3)}
    entries = AuditEntry.objects.filter(verb="bulletin.list-downloaded").order_by("pk")
    assert [entry.after["personal_data"] for entry in entries] == [False, True]


def test_a_published_bulletin_s_time_may_be_over_and_the_page_says_so(sent: Bulletin, publisher: User) -> None:
    client, page = signed_in(publisher), f"/staff/bulletins/{sent.pk}/"
    client.post(f"{page}pause/")
    Dispatch.objects.update(cut_off=timezone.now() - timedelta(hours=25))
    assert "The time for sending this is over" in client.post(f"{page}resume/", follow=True).content.decode()
