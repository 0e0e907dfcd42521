"""The demo's country: whole, and its flood is for those whom it concerns."""

import pytest

from alerts.engine.counting import count_audience
from alerts.lanes import Lane
from alerts.models import Bulletin
from govnotify.demo.accounting import wanted_addresses
from govnotify.demo.data.__main__ import ensure_data
from govnotify.demo.data.agencies import FLOOD_TOPICS
from govnotify.demo.data.places import CAPITAL, NAMED, rows
from govnotify.demo.main_job import write_alert
from subscriptions.models import Place, SubscriberArea

pytestmark = pytest.mark.django_db


def test_the_country_has_three_levels_and_every_place_a_name_of_its_own() -> None:
    places = list(rows())
    assert len({place.code for place in places}) == len({place.name for place in places}) == 4 + 20 + 150
    assert all({"uk", "ar"} <= set(place.translations) for place in places)


def test_the_flood_is_for_the_capital_and_the_demo_counts_the_same_people() -> None:
    ensure_data()
    assert dict(Place.objects.filter(code__in=NAMED).values_list("code", "name")) == NAMED
    assert SubscriberArea.objects.count() > 500
    assert Bulletin.objects.exclude(areas=None).count() >= 3
    flood = write_alert().bulletin
    assert [place.code for place in flood.ordered_areas()] == [CAPITAL]
    counted = count_audience(flood.ordered_topics(), flood.ordered_areas())
    assert counted.elsewhere > 100
    wanted = wanted_addresses(FLOOD_TOPICS, Lane.EMERGENCY, about=CAPITAL)
    assert len(wanted) == counted.people > 1_000
    # Also who follows floods on the river, and not danger to life.
    assert {topic.slug for topic in flood.ordered_topics()} == set(FLOOD_TOPICS)
    assert wanted > wanted_addresses(FLOOD_TOPICS[:1], Lane.EMERGENCY, about=CAPITAL)
