"""Taking in CAP: the schema decides; what keeps a message from being sent does not keep it from being read."""

from pathlib import Path

import pytest
from django.utils import timezone, translation

from agencies.models import Agency, Role, User
from alerts.acts.alerting import Unsendable, approve_alert, content_hash
from alerts.acts.importing import AlreadyImported, import_cap
from alerts.acts.publishing import NotAllowed
from alerts.cap.reading import CapRefused
from alerts.exporting import cap_document
from alerts.models import Alert
from alerts.models.bulletin import BODY_LENGTH
from subscriptions.models import Topic
from tests.integration.api.messages import area, cap, info
from tests.integration.staff.cast import a_person, a_topic, an_agency

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "cap"


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def topic(agency: Agency) -> Topic:
    return a_topic(agency)


@pytest.fixture
def operator(agency: Agency) -> User:
    return a_person(agency, Role.OPERATOR)


def taken(topic: Topic, data: bytes) -> Alert:
    return import_cap(agency=topic.agency, data=data, topics=[topic], author=None)


def test_the_infos_of_several_languages_become_texts_side_by_side(topic: Topic) -> None:
    polygon = "1,1 1,2 2,2 1,1"
    alert = taken(
        topic,
        cap(
            info(language="en-CA", headline="Storm", areas=area("Coast", polygon)),
            info(language="fr-CA", headline="Tempête", areas=area("Côte", polygon)),
        ),
    )
    texts = {variant.language: variant.title for variant in alert.bulletin.variants.all()}
    assert texts == {"en-CA": "Storm", "fr-CA": "Tempête"}
    assert [place["description"] for place in alert.areas] == ["Coast"]  # one shape is one place


def test_a_language_that_nobody_knows_is_kept_as_undetermined(topic: Topic) -> None:
    assert taken(topic, cap(info(language="english"))).bulletin.variants.get().language == "und"


def test_several_infos_of_one_language_keep_their_parts_apart_with_the_worst_first(topic: Topic) -> None:
    alert = taken(
        topic,
        cap(
            info(severity="Minor", headline="Wind inland", areas=area("Inland"), instruction="Take care."),
            info(severity="Extreme", headline="Hurricane at sea", areas=area("Sea"), instruction="Stay in port."),
        ),
    )
    text = alert.bulletin.variants.get()
    assert (alert.severity, text.title, text.instruction) == ("Extreme", "Hurricane at sea", "")
    assert text.html.index("Hurricane at sea") < text.html.index("Stay in port") < text.html.index("Wind inland")
    assert alert.area_names == "Inland; Sea"


def test_the_same_words_for_two_areas_are_said_once(topic: Topic) -> None:
    alert = taken(topic, cap(info(areas=area("North")), info(areas=area("South"))))
    text = alert.bulletin.variants.get()
    assert text.html.count("Gusts") == 1
    assert text.instruction == "Stay inside."
    assert alert.area_names == "North; South"


def test_the_text_of_a_message_is_text_and_never_markup(topic: Topic) -> None:
    html = taken(topic, cap(info(description="a &lt;b&gt; *c*\n# d\n\ne"))).bulletin.variants.get().html
    assert html == "<p>a &lt;b&gt; *c*<br># d</p>\n<p>e</p>"


def test_what_has_expired_or_never_ends_is_read_and_not_sent(topic: Topic, operator: User) -> None:
    approver = a_person(topic.agency, Role.APPROVER, name="Piet")
    for number, expires in enumerate(("2026-02-01T00:00:00+01:00", "")):
        data = cap(expires=expires, identifier=f"E-{number}")
        alert = import_cap(agency=topic.agency, data=data, topics=[topic], author=operator)
        assert any("can be read, not sent" in warning for warning in alert.oddities)
        with pytest.raises(Unsendable):
            approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))


def test_a_message_about_an_unknown_one_says_so(topic: Topic) -> None:
    known = taken(topic, cap(identifier="E-1"))
    assert not any("not here" in warning for warning in known.oddities)
    triple = "warn@smhi.example,E-1,2026-01-31T18:30:00+01:00"
    update = taken(topic, cap(identifier="E-2", msg_type="Update", references=triple))
    assert not any("not here" in warning for warning in update.oddities)
    lost = taken(topic, cap(identifier="E-3", msg_type="Update", references=triple.replace("E-1", "E-0")))
    said = "It follows “E-0” of warn@smhi.example, sent on 31 January 2026, 17:30 UTC, which is not here."
    assert said in lost.oddities


def test_a_bare_cancel_is_taken(topic: Topic) -> None:
    data = cap("<!-- no info -->", msg_type="Cancel", note="It was an error", identifier="C-1")
    alert = taken(topic, data)
    assert (alert.event, alert.severity, alert.expires) == ("Cancel", "Unknown", None)
    assert alert.bulletin.title == "Cancel: It was an error"


def test_a_number_beyond_all_maps_is_kept_as_unreadable(topic: Topic) -> None:
    alert = taken(topic, cap(info(areas=area("Nowhere", "1e999,1 1,2 2,2 1,1"))))
    assert alert.areas == [{"description": "Nowhere", "unreadable": ["a number out of range"]}]


def test_a_long_message_is_cut_with_a_warning(topic: Topic) -> None:
    alert = taken(topic, cap(info(headline="h" * 300, description=("word " * 10_000 + "\n\n") * 8)))
    assert len(alert.bulletin.variants.get().title) == 200
    assert any("was cut" in warning for warning in alert.oddities)


def test_what_is_odd_is_worded_for_whoever_reads_it(topic: Topic) -> None:
    with translation.override("fr"):
        alert = taken(topic, cap(expires="2026-02-01T00:00:00+01:00"))
    Agency.objects.filter(pk=topic.agency.pk).update(time_zone="Europe/Bucharest")
    alert = Alert.objects.get(pk=alert.pk)
    assert any("It ended on 1 February 2026, 01:00 EET:" in warning for warning in alert.oddities)
    with translation.override("es"):
        assert any("se puede leer" in warning for warning in alert.oddities), alert.oddities


def test_a_broken_rule_of_cap_is_said_in_the_readers_language_and_by_the_agencys_clocks(topic: Topic) -> None:
    Agency.objects.filter(pk=topic.agency.pk).update(time_zone="Europe/Bucharest")
    data = cap(info(language="es", areas="", expires="2026-01-31T18:30:00+01:00"))
    alert = Alert.objects.get(pk=taken(topic, data).pk)
    early = "info 1 (“es”): expires 31 January 2026, 19:30 EET is not after effective 31 January 2026, 19:30 EET"
    assert alert.oddities[:2] == [early, "info 1 (“es”) has no area: say where it holds"]
    with translation.override("fr"):
        assert alert.oddities[1] == "info n° 1 (“es”) est sans area\u00a0: dites où l’alerte vaut"
        assert "le 31 janvier 2026 à 19:30 EET" in alert.oddities[0]


def test_sentences_that_were_kept_before_are_shown_as_they_are(topic: Topic) -> None:
    alert = taken(topic, cap())
    alert.warnings = ["info 1 (“en”) has no area: say where it holds"]
    assert alert.oddities == alert.warnings


def test_one_endless_paragraph_is_cut_between_characters_and_nothing_is_put_in_its_place(topic: Topic) -> None:
    body = taken(topic, cap(info(description="&amp;" * BODY_LENGTH))).bulletin.variants.get().body
    assert len(body) <= BODY_LENGTH
    assert body.startswith("<p>&amp;&amp;")
    assert body.endswith("&amp;…</p>")


def test_a_message_is_the_same_whatever_language_its_importer_speaks(topic: Topic) -> None:
    nameless = cap(info(headline="", event=" ", language="es"))
    with translation.override("fr"):
        alert = taken(topic, nameless)
    assert alert.bulletin.title == "Alerta sin título"
    assert cap_document(Alert.objects.get(pk=alert.pk)) == nameless


def test_an_import_whose_missing_title_is_named_in_another_language_keeps_its_document(topic: Topic) -> None:
    nameless = cap(info(headline="", event=" ", description="", instruction="", language="es"))
    alert = taken(topic, nameless)
    text = alert.bulletin.variants.get()
    assert (text.title, text.body) == ("Alerta sin título", "<p>Alerta sin título</p>")
    text.title, text.body = "Alerte sans titre", "<p>Alerte sans titre</p>"  # as it was once kept for a French importer
    text.save()
    assert cap_document(Alert.objects.get(pk=alert.pk)) == nameless
    text.title = "Alerta de tormenta"
    text.save()
    assert cap_document(Alert.objects.get(pk=alert.pk)) is None


def test_only_an_operator_imports(topic: Topic) -> None:
    author = a_person(topic.agency, Role.AUTHOR, Role.ADMINISTRATOR, name="Adam")
    with pytest.raises(NotAllowed, match="operator"):
        import_cap(agency=topic.agency, data=cap(), topics=[topic], author=author)
    assert not Alert.objects.exists()


def test_a_message_that_is_here_is_not_taken_twice(topic: Topic) -> None:
    first = taken(topic, cap())
    with pytest.raises(AlreadyImported, match=f"alert {first.pk}"):
        taken(topic, cap())


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no sample messages at {SAMPLES}")
def test_real_messages_are_all_taken(topic: Topic) -> None:
    files = sorted(path for folder in ("valid", "signature") for path in (SAMPLES / folder).iterdir())
    assert files
    for file in files:
        data = file.read_bytes()
        try:
            alert = taken(topic, data)
        except AlreadyImported:
            continue  # the same message, signed and not
        assert alert.bulletin.variants.exists(), file
        assert bytes(Alert.objects.get(pk=alert.pk).source_xml) == data
        assert alert.expires is None or alert.expires < timezone.now(), file


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no sample messages at {SAMPLES}")
def test_what_breaks_the_schema_is_refused_with_reasons(topic: Topic) -> None:
    for folder in ("invalid", "other-version"):
        for file in (SAMPLES / folder).iterdir():
            with pytest.raises(CapRefused) as refused:
                taken(topic, file.read_bytes())
            assert refused.value.reasons, file
    assert not Alert.objects.exists()
