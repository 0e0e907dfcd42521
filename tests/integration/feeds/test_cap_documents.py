"""Alerts as CAP 1.2 documents, for everybody; and an alert by its number."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Agency
from alerts.acts.importing import import_cap
from alerts.cap.message import MsgType, Status
from alerts.cap.reading import read
from alerts.models import Alert, Bulletin, BulletinVariant
from tests.integration.api.messages import area, cap, info
from tests.integration.feeds.cast import SQUARE, Published
from tests.integration.subscriptions.cast import Town, an_alert

YESTERDAY = timezone.now() - timedelta(days=1)


def document_of(alert: Alert) -> bytes:
    answer = Client().get(f"/alerts/{alert.pk}/cap.xml")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/cap+xml"
    return bytes(answer.content)


def test_an_alert_of_ours_is_a_document_without_a_warning_in_each_of_its_languages(town: Town) -> None:
    alert = an_alert(town.floods, areas=[SQUARE, SQUARE | {"geocodes": [{"name": "X", "value": "1"}]}])
    Agency.objects.filter(pk=town.water.pk).update(translations={"ar": {"name": "وزارة المياه"}})
    BulletinVariant.objects.create(
        bulletin=alert.bulletin, language="ar", title="فيضان", event="سيل", body="-", html="<p>ماء</p>"
    )
    reading = read(document_of(alert))
    assert reading.warnings == ()
    message = reading.message
    assert (message.identifier, message.sender, message.status) == (alert.identifier, alert.sender, Status.ACTUAL)
    assert [one.language for one in message.infos] == ["en", "ar"]
    assert message.infos[1].headline == "فيضان"
    assert message.infos[0].description == "Go to the first floor or higher now."
    assert [one.sender_name for one in message.infos] == ["Ministry of Water", "وزارة المياه"]
    assert [one.event for one in message.infos] == ["Flash flood", "سيل"]
    assert message.infos[0].web.endswith(f"/bulletins/{alert.pk}/")
    assert [place.area_desc for place in message.infos[0].areas] == ["Lower town", "Lower town"]
    assert message.infos[0].areas[0].polygons[0][1] == (44.0, 26.1)
    assert message.infos[0].areas[1].geocodes[0].value == "1"


def test_an_update_refers_to_what_it_updates(published: Published) -> None:
    message = read(document_of(published.update)).message
    assert message.msg_type == MsgType.UPDATE
    assert [reference.identifier for reference in message.references] == [published.alert.identifier]


def test_an_exercise_is_marked_as_one(town: Town) -> None:
    alert = an_alert(town.floods, areas=[SQUARE], status=Alert.Status.EXERCISE)
    assert read(document_of(alert)).message.status == Status.EXERCISE


def imported(town: Town) -> Alert:
    data = cap(info(language="en", headline="Storm", areas=area("Coast", "1,1 1,2 2,2 1,1")))
    alert = import_cap(agency=Agency.objects.get(pk=town.water.pk), data=data, topics=[town.floods], author=None)
    Bulletin.objects.filter(pk=alert.pk).update(status=Bulletin.Status.PUBLISHED, published_at=timezone.now())
    return alert


def test_a_message_from_elsewhere_is_given_on_byte_for_byte(town: Town) -> None:
    alert = imported(town)
    assert document_of(alert) == bytes(alert.source_xml)


def test_but_not_where_its_words_were_changed_before_it_was_approved(town: Town) -> None:
    alert = imported(town)
    alert.bulletin.variants.update(title="Storm over the whole coast")
    assert Client().get(f"/alerts/{alert.pk}/cap.xml").status_code == 404
    assert "cap.xml" not in Client().get(f"/bulletins/{alert.pk}/").content.decode()


def test_without_a_shape_or_code_there_is_no_document_and_no_link_to_one(town: Town) -> None:
    alert = an_alert(town.floods, areas=[{"description": "Somewhere"}])
    assert Client().get(f"/alerts/{alert.pk}/cap.xml").status_code == 404
    for path in (f"/bulletins/{alert.pk}/", "/alerts/feed.atom"):
        assert "cap.xml" not in Client().get(path).content.decode()


def test_the_page_links_to_the_document(published: Published) -> None:
    page = Client().get(f"/bulletins/{published.alert.pk}/").content.decode()
    assert f'href="/alerts/{published.alert.pk}/cap.xml" type="application/cap+xml"' in page


def test_a_document_can_do_nothing_in_a_browser_and_be_read_by_every_page(published: Published) -> None:
    answer = Client().get(f"/alerts/{published.alert.pk}/cap.xml")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["X-Content-Type-Options"] == "nosniff"
    tag = answer["ETag"]
    assert Client().get(f"/alerts/{published.alert.pk}/cap.xml", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["/alerts/{}/", "/alerts/{}/cap.xml"])
def test_what_is_no_public_alert_is_not_found(town: Town, published: Published, path: str) -> None:
    restricted = an_alert(town.floods, areas=[SQUARE], scope=Alert.Scope.RESTRICTED)
    internal = an_alert(town.internal, areas=[SQUARE])
    draft = an_alert(town.floods, areas=[SQUARE])
    Bulletin.objects.filter(pk=draft.pk).update(status=Bulletin.Status.DRAFT)
    for number in (restricted.pk, internal.pk, draft.pk, published.plain.pk, 0, 10**30):
        assert Client().get(path.format(number)).status_code == 404


def test_an_alert_by_its_number_is_its_bulletin_s_page_in_the_language_asked_for(published: Published) -> None:
    answer = Client().get(f"/alerts/{published.alert.pk}/?lang=ar&x=y")
    assert (answer.status_code, answer["Location"]) == (301, f"/bulletins/{published.alert.pk}/?lang=ar")
    odd = Client().get(f"/alerts/{published.alert.pk}/?lang=%0d%0aX:y%26z")
    assert odd["Location"] == f"/bulletins/{published.alert.pk}/?lang=X%3Ay%26z"


def test_one_that_is_over_still_has_its_document(town: Town) -> None:
    alert = an_alert(town.floods, areas=[SQUARE], sent=YESTERDAY, expires=YESTERDAY + timedelta(hours=1))
    assert read(document_of(alert)).message.infos[0].expires is not None
