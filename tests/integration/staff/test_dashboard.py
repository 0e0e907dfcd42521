"""The overview of `/staff/`: what was published last stands first, however much there is."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency, Role
from alerts.lanes import Lane
from alerts.models import Bulletin, BulletinVariant, Dispatch
from tests.integration.staff.cast import a_person, an_agency, signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def agency() -> Agency:
    return an_agency()


def sent(agency: Agency, *moments: datetime) -> None:
    """A bulletin that was published and sent at each of these moments, in the order in which they are given."""
    published = Bulletin.Status.PUBLISHED
    made = Bulletin.objects.bulk_create(Bulletin(agency=agency, status=published, published_at=at) for at in moments)
    BulletinVariant.objects.bulk_create(
        BulletinVariant(bulletin=one, language="en", title=f"Of {one.published_at:%Y-%m-%d}") for one in made
    )
    Dispatch.objects.bulk_create(
        Dispatch(
            bulletin=bulletin,
            agency=agency,
            lane=Lane.ROUTINE,
            month=at.date().replace(day=1),
            cut_off=at,
            state=Dispatch.State.DONE,
            expanded_at=at,
            finished_at=at,
        )
        for bulletin, at in zip(made, moments, strict=True)
    )


def results(client: Client) -> list[str]:
    return re.findall(r">Of ([0-9-]+)</a>", client.get("/staff/").content.decode())


def test_the_last_results_are_those_published_last_the_newest_first(agency: Agency) -> None:
    ana = signed_in(a_person(agency, Role.PUBLISHER))
    days = [1, 200, 180, 3, *range(20, 30), 2]
    sent(agency, *(NOW - timedelta(days=ago) for ago in days))
    sent(an_agency("brook", "City of Brook"), NOW)
    assert results(ana) == [f"{NOW - timedelta(days=ago):%Y-%m-%d}" for ago in sorted(days)[:10]]


def test_the_last_of_many_results_are_found_by_an_index(agency: Agency) -> None:
    ana = signed_in(a_person(agency, Role.PUBLISHER))
    sent(agency, *(NOW - timedelta(hours=number) for number in range(2_000)))
    sent(an_agency("brook", "City of Brook"), *(NOW - timedelta(hours=number) for number in range(2_000)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE alerts_dispatch, alerts_bulletin")
        with CaptureQueriesContext(connection) as queries:
            assert len(results(ana)) == 10
        [asked] = [one["sql"] for one in queries if '("alerts_dispatch"."finished_at" IS NULL)' in one["sql"]]
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "using dispatch_recent" in plan
