"""What a bulletin says about its places, on its page and in its mail."""

from typing import Any

import pytest
from django.test import Client

from alerts.engine.rendering import preview
from alerts.models import BulletinArea
from subscriptions.models import Place
from tests.integration.subscriptions.cast import Town, a_bulletin, a_country, a_place, an_alert

pytestmark = pytest.mark.django_db


def test_a_bulletin_s_page_and_mail_name_its_places_in_its_language(client: Client, town: Town) -> None:
    places = a_country()
    Place.objects.filter(code="N-11").update(translations={"fr": {"name": "Ville-Moulin"}})
    bulletin = a_bulletin(town.floods, texts={"en": "River\nIt rises.", "fr": "Rivière\nElle monte."})
    for code in ("N-11", "S"):
        BulletinArea.objects.create(bulletin=bulletin, place=places[code])
    assert "For: South, Milltown" in client.get(bulletin.get_absolute_url()).content.decode()
    for language, name in (("en", "Milltown"), ("fr", "Ville-Moulin")):
        variant = bulletin.variants.get(language=language)
        assert all(f"South, {name}" in part for part in preview(bulletin, variant))


def test_an_alert_names_places_of_the_register_in_its_language_and_others_as_they_were_named(
    client: Client, town: Town, settings: Any
) -> None:
    settings.LANGUAGES = [("en", "English"), ("fr", "French")]
    places = a_country()
    Place.objects.filter(code="N-11").update(translations={"fr": {"name": "Ville-Moulin"}})
    alert = an_alert(town.floods, areas=[{"description": "Milltown"}, {"description": "Old quay"}])
    alert.bulletin.areas.add(places["N-11"])
    alert.bulletin.variants.create(
        language="fr", title="Crue", event="Crue", body="Montez.", html="<p>Montez.</p>", instruction="Montez."
    )
    french = {"accept-language": "fr"}
    assert "Ville-Moulin\u202f; Old quay" in client.get(alert.bulletin.get_absolute_url(), headers=french).text
    assert "Milltown; Old quay" in client.get(alert.bulletin.get_absolute_url()).text
    for language, name in (("en", "Milltown"), ("fr", "Ville-Moulin")):
        text, html = preview(alert.bulletin, alert.bulletin.variants.get(language=language))
        assert (name in text, name in html, "Old quay" in text) == (True, True, True)


def test_one_for_everywhere_says_nothing_of_places(client: Client, town: Town) -> None:
    assert "For: " not in client.get(a_bulletin(town.floods).get_absolute_url()).content.decode()


def test_of_many_places_the_first_are_named_and_the_rest_counted(town: Town) -> None:
    bulletin = a_bulletin(town.floods)
    for number in range(15):
        BulletinArea.objects.create(bulletin=bulletin, place=a_place(f"P{number}", f"Place {number:02}"))
    assert bulletin.area_names() == [*(f"Place {number:02}" for number in range(12)), "3 more"]
