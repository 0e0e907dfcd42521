"""What an alert is stands in each of its languages: drafted, imported, shown, mailed and exported."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone

from agencies.models import Agency, Role
from alerts.acts.alerting import content_hash
from alerts.acts.content import ContentRefused, VariantText, check_content
from alerts.acts.drafting import edit_bulletin
from alerts.acts.importing import import_cap
from alerts.cap.reading import read
from alerts.engine.rendering import preview
from alerts.exporting import cap_document
from alerts.models import Alert, Bulletin, BulletinVariant
from tests.integration.api.messages import area, cap, info
from tests.integration.api.requests import Machine, an_alert, errors
from tests.integration.staff.cast import a_draft, a_key, a_person, a_topic, an_agency

POLYGON = "1,1 1,2 2,2 1,1"
FRENCH = {"language": "fr", "headline": "Crue éclair", "description": "Le ruisseau déborde.", "event": "Crue"}


@pytest.fixture
def machine() -> Machine:
    topic = a_topic(an_agency())
    return Machine(a_key(topic.agency))


def events(alert: Alert) -> dict[str, str]:
    return dict(BulletinVariant.objects.filter(bulletin=alert.pk).values_list("language", "event"))


def drafted(machine: Machine, **changes: object) -> Alert:
    answer = machine.post("alerts", an_alert(**changes))
    assert answer.status_code == 201, answer.content
    return Alert.objects.get(pk=answer.json()["id"])


@pytest.mark.django_db
class TestOurs:
    def test_each_text_has_its_own_and_others_get_the_alert_s(self, machine: Machine) -> None:
        spanish = FRENCH | {"language": "es"}
        del spanish["event"]
        alert = drafted(machine, variants=[FRENCH, spanish])
        assert events(alert) == {"en": "Flash flood", "fr": "Crue", "es": "Flash flood"}
        assert alert.event == "Flash flood"

    def test_where_every_text_has_one_the_alert_needs_none(self, machine: Machine) -> None:
        request = an_alert(variants=[FRENCH])
        for name in ("event", "headline", "description", "instruction"):
            del request[name]
        assert machine.post("alerts", request).status_code == 201
        assert Alert.objects.get().event == "Crue"
        lacking = request | {"variants": [FRENCH, {**FRENCH, "language": "es", "event": ""}]}
        assert list(errors(machine.post("alerts", lacking))) == ["variants.1.event"]
        control = request | {"variants": [{**FRENCH, "event": "Two\nlines"}]}
        assert list(errors(machine.post("alerts", control))) == ["variants.0.event"]

    def test_mail_page_and_document_say_it_in_their_language(self, machine: Machine) -> None:
        alert = drafted(machine, variants=[FRENCH], areas=[{"description": "Bas", "circles": [[1, 2, 3]]}])
        Bulletin.objects.filter(pk=alert.pk).update(status="published", published_at=timezone.now())
        document = cap_document(Alert.objects.get(pk=alert.pk))
        assert document is not None
        assert [one.event for one in read(document).message.infos] == ["Flash flood", "Crue"]
        page = Client().get(f"/bulletins/{alert.pk}/?lang=fr").text
        assert '<dd lang="fr" dir="ltr">Crue</dd>' in page
        assert "Flash flood" not in page
        french = BulletinVariant.objects.get(language="fr")
        assert ": Crue\n" in preview(alert.bulletin, french)[0]

    def test_a_changed_event_is_another_alert_to_approve(self, machine: Machine) -> None:
        alert = drafted(machine, variants=[FRENCH])
        before = content_hash(alert)
        BulletinVariant.objects.filter(language="fr").update(event="Exercice")
        assert content_hash(Alert.objects.get(pk=alert.pk)) != before

    def test_texts_written_anew_without_it_keep_it(self, machine: Machine) -> None:
        alert = drafted(machine, variants=[FRENCH])
        bulletin = alert.bulletin
        olga = a_person(bulletin.agency, Role.OPERATOR, name="Olga Operator")
        texts = [VariantText(language, "New", "Text.") for language in ("en", "fr", "es")]
        edit_bulletin(bulletin=bulletin, topics=bulletin.ordered_topics(), variants=texts, editor=olga)
        assert events(alert) == {"en": "Flash flood", "fr": "Crue", "es": "Flash flood"}

    def test_a_bulletin_that_is_no_alert_needs_none(self, machine: Machine) -> None:
        bulletin = a_draft(Agency.objects.get().topics.get())
        assert bulletin.variants.get().event == ""
        text = VariantText("en", "Title", "Text", event="x" * 201)
        with pytest.raises(ContentRefused, match="event"):
            check_content(agency=bulletin.agency, topics=bulletin.ordered_topics(), variants=[text])


def message() -> bytes:
    return cap(
        info(language="en-CA", event="Storm", areas=area("Coast", POLYGON)),
        info(language="fr-CA", event="Brise", severity="Minor", headline="B", areas=area("Côte", POLYGON)),
        info(language="fr-CA", event="Tempête\n d’hiver", headline="T", areas=area("Côte", POLYGON)),
    )


@pytest.mark.django_db
def test_an_imported_message_keeps_each_language_s_and_is_given_on_as_it_came() -> None:
    topic = a_topic(an_agency())
    alert = import_cap(agency=topic.agency, data=message(), topics=[topic], author=None)
    assert events(alert) == {"en-CA": "Storm", "fr-CA": "Tempête d’hiver"}
    assert cap_document(alert) == message()
    BulletinVariant.objects.filter(language="fr-CA").update(event="Autre")
    assert cap_document(Alert.objects.get(pk=alert.pk)) is None


@pytest.mark.django_db(transaction=True)
def test_the_migration_keeps_what_was_there_both_ways() -> None:
    before, after = [("alerts", "0008_withdrawn")], MigrationExecutor(connection).loader.graph.leaf_nodes()
    agency = an_agency()
    try:
        apps = _migrated(before)
        ours = _old_alert(apps, agency, "a", {"en": "Flood", "fr": "Crue"}, b"")
        theirs = _old_alert(apps, agency, "b", {"en-CA": "Storm", "fr-CA": "Tempête"}, message())
        _migrated(after)
        assert events(Alert.objects.get(pk=ours)) == {"en": "Old event", "fr": "Old event"}
        assert events(Alert.objects.get(pk=theirs)) == {"en-CA": "Storm", "fr-CA": "Tempête d’hiver"}
        again = _migrated(before).get_model("alerts", "Alert").objects
        assert dict(again.values_list("identifier", "event")) == {"a": "Old event", "b": "Storm"}
    finally:
        _migrated(after)
        Bulletin.objects.all().delete()
        Agency.objects.all().delete()


def _old_alert(apps, agency: Agency, identifier: str, titles: dict[str, str], source: bytes) -> int:
    bulletin = apps.get_model("alerts", "Bulletin").objects.create(agency_id=agency.pk)
    for language, title in titles.items():
        apps.get_model("alerts", "BulletinVariant").objects.create(
            bulletin=bulletin, language=language, title=title, body="-", html="<p>-</p>"
        )
    facts = dict.fromkeys(("urgency", "severity", "certainty"), "Unknown")
    apps.get_model("alerts", "Alert").objects.create(
        bulletin=bulletin, identifier=identifier, sender="x@example.org", sent=timezone.now(), status="Actual",
        category=["Met"], event="Old event", areas=[], expires=timezone.now() + timedelta(hours=1),
        source_xml=source, **facts,
    )  # fmt: skip
    return int(bulletin.pk)


def _migrated(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps
