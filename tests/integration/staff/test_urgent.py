"""The box that marks a bulletin as urgent, what the publish page says then, and those whom quiet hours make wait."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, Role
from alerts.models import Bulletin, Delivery, Dispatch
from alerts.partitions import ensure_month
from subscriptions.models import Topic
from tests.integration.api.requests import BULLETIN, Machine
from tests.integration.staff.cast import a_draft, a_key, a_person, a_topic, an_agency, signed_in
from tests.integration.staff.test_composing import NEW, filled

pytestmark = pytest.mark.django_db
SAYS = "also to who chose once a day or once a week"


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def topic(agency: Agency) -> Topic:
    return a_topic(agency)


@pytest.fixture
def ana(agency: Agency, topic: Topic) -> Client:
    return signed_in(a_person(agency, Role.AUTHOR, Role.PUBLISHER))


def page_of(browser: Client, name: str, bulletin: Bulletin) -> str:
    return browser.get(reverse(name, args=[bulletin.pk])).content.decode()


def test_the_box_is_kept_and_the_publish_page_says_whom_it_reaches(ana: Client, topic: Topic) -> None:
    ana.post(NEW, filled(topic, urgent="on"))
    bulletin = Bulletin.objects.get()
    assert bulletin.urgent
    page = page_of(ana, "staff-edit", bulletin)
    assert " checked" in page[page.index('name="urgent"') :][:120]
    assert SAYS in page_of(ana, "staff-publish", bulletin)
    seen = bulletin.edited_at.isoformat()
    ana.post(reverse("staff-edit", args=[bulletin.pk]), filled(topic, seen=seen))
    bulletin.refresh_from_db()
    assert not bulletin.urgent
    assert SAYS not in page_of(ana, "staff-publish", bulletin)


def test_what_is_typed_is_not_lost_with_another_language(ana: Client, topic: Topic) -> None:
    page = ana.post(NEW, filled(topic, urgent="on", **{"add-language": "1"})).content.decode()
    assert " checked" in page[page.index('name="urgent"') :][:120]


def test_an_author_can_not_send_it(agency: Agency, topic: Topic) -> None:
    draft = a_draft(topic)
    Bulletin.objects.update(urgent=True)
    author = signed_in(a_person(agency, Role.AUTHOR))
    assert author.post(reverse("staff-publish", args=[draft.pk]), {}).status_code == 403
    assert not Dispatch.objects.exists()


@pytest.mark.parametrize(("asked", "expected"), [({"urgent": True}, True), ({"urgent": False}, False), ({}, False)])
def test_a_system_says_so_in_its_request(agency: Agency, topic: Topic, asked: dict[str, bool], expected: bool) -> None:
    answer = Machine(a_key(agency)).post("bulletins", BULLETIN | asked)
    assert answer.json()["urgent"] is expected
    assert Dispatch.objects.get().urgent is expected


def test_the_page_says_how_many_wait_for_the_morning(ana: Client, topic: Topic) -> None:
    ana.post(NEW, filled(topic))
    bulletin = Bulletin.objects.get()
    ana.post(reverse("staff-publish", args=[bulletin.pk]), {"seen": bulletin.edited_at.isoformat()})
    dispatch = Dispatch.objects.get()
    morning = timezone.now() + timedelta(hours=7)
    ensure_month(dispatch.month)
    Dispatch.objects.update(held_until=morning)
    dispatch.batches.create(
        kind=1, channel=1, lane=dispatch.lane, agency_id=1, first_id=1, last_id=1, size=1, deferred=1
    )
    Delivery.objects.create(
        month=dispatch.month, dispatch_id=dispatch.pk, recipient_kind=1, recipient_id=1, channel=1, lane=dispatch.lane,
        topics=[topic.pk], status=Delivery.Status.DEFERRED, attempts=0, next_attempt_at=morning, detail="quiet",
    )  # fmt: skip
    assert "1 person has quiet hours now" in page_of(ana, "staff-bulletin", bulletin)
