"""An agency has its own clocks: its administrator sets them, its editors read and write times by them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from agencies.audit import Actor
from agencies.models import Agency, AuditEntry, Role
from agencies.timekeeping import set_zone
from alerts.models import Alert, Bulletin
from alerts.staff.access import by_the_clocks_of
from tests.integration.staff.cast import a_draft, a_person, a_topic, an_agency, signed_in
from tests.integration.staff.test_alerting import filled

pytestmark = pytest.mark.django_db
PAGE = "/staff/agencies/water/names/"
EVENING = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)


@pytest.fixture
def water() -> Agency:
    return an_agency()


def in_nepal(agency: Agency) -> Agency:
    Agency.objects.filter(pk=agency.pk).update(time_zone="Asia/Kathmandu")
    return agency


def test_an_administrator_chooses_the_zone_and_goes_back_to_the_platforms(water: Agency) -> None:
    admin = signed_in(a_person(water, Role.ADMINISTRATOR))
    assert "As the whole platform: UTC" in admin.get(PAGE).text
    for zone in ("Asia/Kathmandu", "Asia/Kathmandu", ""):
        assert admin.post(PAGE, {"zone": zone}).status_code == 302
        water.refresh_from_db()
        assert water.time_zone == zone
    entries = AuditEntry.objects.filter(verb="agency.time-zone-changed", agency_id=water.pk).order_by("pk")
    assert [entry.after["zone"] for entry in entries] == ["Asia/Kathmandu", ""]


def test_what_is_no_zone_is_refused(water: Agency) -> None:
    admin = signed_in(a_person(water, Role.ADMINISTRATOR))
    assert admin.post(PAGE, {"zone": "Mars/Olympus"}).status_code == 422
    with pytest.raises(ValidationError):
        set_zone(agency=water, zone="../etc/passwd", actor=Actor.of(None))
    water.refresh_from_db()
    assert water.time_zone == ""


def test_the_platforms_own_zone_can_be_chosen_by_name(water: Agency, settings: Any) -> None:
    settings.TIME_ZONE = "Etc/UTC"  # as images of servers have it, and none of the cities
    admin = signed_in(a_person(water, Role.ADMINISTRATOR))
    assert admin.post(PAGE, {"zone": "Etc/UTC"}).status_code == 302
    water.refresh_from_db()
    assert water.time_zone == "Etc/UTC"


def test_only_an_administrator_chooses_it(water: Agency) -> None:
    assert signed_in(a_person(water, Role.PUBLISHER)).post(PAGE, {"zone": "Asia/Kathmandu"}).status_code == 403


def test_editors_read_times_by_their_agencys_clocks(water: Agency) -> None:
    ana = a_person(in_nepal(water), Role.AUTHOR, Role.PUBLISHER)
    draft = a_draft(a_topic(water))
    Bulletin.objects.filter(pk=draft.pk).update(created_at=EVENING)
    page = signed_in(ana).get(f"/staff/bulletins/{draft.pk}/").text
    assert '<time datetime="2026-03-02T01:45:00+05:45">' in page
    assert "+0545</time>" in page
    assert timezone.get_current_timezone_name() == "UTC"  # nobody else's page is by them


def test_an_alert_ends_when_the_agencys_clocks_show_the_time_that_was_typed(water: Agency) -> None:
    olga = signed_in(a_person(in_nepal(water), Role.OPERATOR, name="Olga Operator"))
    topic = a_topic(water)
    assert "Until when (+0545)" in olga.get("/staff/alerts/new/").text
    ends = (timezone.now() + timedelta(hours=6)).replace(second=0, microsecond=0)
    typed = ends.astimezone(ZoneInfo("Asia/Kathmandu")).strftime("%Y-%m-%dT%H:%M")
    olga.post("/staff/alerts/new/", filled(topic) | {"expires": typed, "send": "1"})
    assert Alert.objects.get().expires == ends


def test_a_page_of_agencies_of_several_zones_is_by_the_platforms_clocks(water: Agency) -> None:
    brook, arn = (in_nepal(an_agency(slug, slug.title())) for slug in ("brook", "arn"))
    brook.refresh_from_db()
    arn.refresh_from_db()
    with timezone.override(None):
        by_the_clocks_of(brook, arn)
        assert timezone.get_current_timezone_name() == "Asia/Kathmandu"
        by_the_clocks_of(brook, water)
        assert timezone.get_current_timezone_name() == "UTC"
