"""What was sent to me and when: bulletins and digests, to me and to my machines, in plain words."""

import json
import tracemalloc
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import TimeMachineFixture

from alerts.finding.sent_to_me import LOOKS, PAGE, everything_sent_to, sent_to
from alerts.lanes import Lane
from alerts.models import Bulletin, Delivery, DigestItem, Dispatch
from alerts.partitions import ensure_month
from subscriptions.models import AddressChange, Endpoint, Frequency, ReadingTime, Subscriber, Subscription
from subscriptions.moving_address import forget_former_addresses, refuse_change
from subscriptions.reading_times import set_times
from tests.integration.subscriptions.cast import Town, a_bulletin, a_subscriber, signed_in
from tests.integration.subscriptions.test_joining import joined as join
from tests.integration.subscriptions.test_joining import wish as ask_to_join

Status = Delivery.Status


def month() -> date:
    return timezone.now().date().replace(day=1)


@pytest.fixture
def carla(town: Town) -> Subscriber:
    ensure_month(month())
    return a_subscriber(floods=Frequency.IMMEDIATE, roads=Frequency.DAILY)


def a_dispatch(bulletin: Bulletin | None, **fields: Any) -> Dispatch:
    given = {"lane": Lane.ROUTINE, "agency": bulletin.agency} if bulletin else {"lane": Lane.DIGEST, "period": "daily"}
    moment = timezone.now()
    return Dispatch.objects.create(
        bulletin=bulletin, month=month(), cut_off=moment, since=moment, state=Dispatch.State.DONE, **(given | fields)
    )


def delivered(dispatch: Dispatch, recipient_id: int, status: int = Status.SENT, kind: int = 1, **fields: Any) -> None:
    given = {"attempts": 1, "changed_at": timezone.now(), "topics": [1]} | fields
    Delivery.objects.create(
        month=dispatch.month, dispatch_id=dispatch.pk, recipient_kind=kind, recipient_id=recipient_id, channel=kind,
        lane=dispatch.lane, status=status, **given,
    )  # fmt: skip


def a_digest(subscriber: Subscriber, *bulletins: Bulletin, left_out: Bulletin | None = None, period: str = "daily"):
    run = a_dispatch(None, period=period)
    delivered(run, subscriber.pk)
    for bulletin in (*bulletins, *([left_out] if left_out else [])):
        DigestItem.objects.create(
            month=run.month, dispatch_id=run.pk, recipient_id=subscriber.pk, bulletin_id=bulletin.pk,
            topics=[] if bulletin == left_out else [1],
        )  # fmt: skip


def shown(subscriber: Subscriber, query: str = "") -> str:
    return signed_in(subscriber).get(f"/me/sent/{query}").content.decode()


def test_titles_are_in_the_language_of_the_mail(carla: Subscriber, town: Town) -> None:
    Subscriber.objects.filter(pk=carla.pk).update(language="ar-EG")
    delivered(
        a_dispatch(a_bulletin(town.floods, texts={"en": "River rising\nNow.", "ar": "ارتفاع النهر\nالآن."})), carla.pk
    )
    assert "ارتفاع النهر" in shown(carla)
    assert "River rising" not in shown(carla)


def test_bulletins_and_digests_stand_newest_first_with_links_and_results(carla: Subscriber, town: Town) -> None:
    first = a_bulletin(town.floods, texts={"en": "River rising\nNow."})
    delivered(a_dispatch(first), carla.pk)
    closed, detour = (a_bulletin(town.roads, texts={"en": f"{title}\nText."}) for title in ("Bridge closed", "Detour"))
    a_digest(carla, closed, detour)
    page = shown(carla)
    order = [page.index(words) for words in ("Daily digest", "Bridge closed", "Detour", "River rising")]
    assert order == sorted(order)
    assert page.count("Accepted by your mail server.") == 2
    assert f'href="/bulletins/{detour.pk}/"' in page
    assert "City of Brook" in page


@pytest.mark.parametrize(
    ("status", "fields", "words"),
    [
        (Status.PENDING, {"changed_at": None}, "Waiting to be sent."),
        (Status.DEFERRED, {}, "We try again."),
        (Status.FAILED, {"detail": "550 5.1.1"}, "Your mail server did not take it."),
        (Status.BOUNCED, {}, "sent it back"),
        (Status.COMPLAINED, {}, "marked as unwanted"),
        (Status.SKIPPED, {"detail": "paused"}, "you had paused your mail"),
        (Status.SKIPPED, {"detail": "unsubscribed"}, "you had stopped the topic"),
        (Status.SKIPPED, {"detail": "suppressed"}, "had come back"),
        (Status.SKIPPED, {"detail": "something new"}, "Not sent."),
        (Status.CANCELLED, {}, "it was stopped"),
        (Status.CANCELLED, {"doubts": 1}, "Perhaps it arrived"),
        (Status.DEFERRED, {"doubts": 1}, "Perhaps it arrived"),
        (Status.SENT, {"doubts": 1}, "Accepted by your mail server."),
    ],
)
def test_what_became_of_it_is_said_in_plain_words(
    carla: Subscriber, town: Town, status: int, fields: dict[str, Any], words: str
) -> None:
    delivered(a_dispatch(a_bulletin(town.floods)), carla.pk, status, **fields)
    assert words in shown(carla)


def test_calls_to_ones_machines_are_listed_too(carla: Subscriber, town: Town) -> None:
    endpoint = Endpoint.objects.create(subscriber=carla, url="https://hooks.example/x", sealed_secret="-")
    Subscription.objects.create(endpoint=endpoint, topic=town.drought, started_at=timezone.now())
    delivered(a_dispatch(a_bulletin(town.drought)), endpoint.pk, kind=2)
    page = shown(carla)
    assert "https://hooks.example/x" in page
    assert "Accepted by your machine." in page


def test_nobody_sees_what_others_got(carla: Subscriber, town: Town) -> None:
    other = a_subscriber("other@example.org", floods=Frequency.IMMEDIATE)
    foreign = Endpoint.objects.create(subscriber=other, url="https://other.example/", sealed_secret="-")
    dispatch = a_dispatch(a_bulletin(town.floods))
    delivered(dispatch, other.pk)
    delivered(dispatch, foreign.pk, kind=2)
    delivered(dispatch, carla.pk, kind=2)  # a machine whose number is hers
    assert "Nothing here." in shown(carla)
    assert sent_to(carla).sent == []


class TestJoined:
    """Carla had another address, and has said at both that she is one person."""

    @pytest.fixture
    def work(self, town: Town) -> Subscriber:
        return a_subscriber("work@example.org", roads=Frequency.DAILY)

    @pytest.fixture
    def history(self, carla: Subscriber, town: Town) -> None:
        """A flood, on a topic that she has left since; and a digest at an hour of her own."""
        delivered(a_dispatch(a_bulletin(town.floods, texts={"en": "River rising\nNow."})), carla.pk)
        set_times(subscriber_id=carla.pk, zone="Asia/Kathmandu", hour=7, weekday=0, quiet=None)
        a_digest(carla, a_bulletin(town.roads, texts={"en": "Bridge closed\nText."}))
        own = list(ReadingTime.objects.filter(subscriber=carla).values_list("daily", flat=True))
        Dispatch.objects.filter(period="daily").update(timetables=own)
        Subscription.objects.filter(subscriber=carla, topic=town.floods).update(ended_at=timezone.now())

    @pytest.mark.usefixtures("history")
    def test_what_was_sent_to_the_former_address_is_listed_at_the_new_one(
        self, carla: Subscriber, work: Subscriber
    ) -> None:
        join(carla, work)
        page = shown(work)
        assert page.index("Bridge closed") < page.index("River rising")
        assert page.count("E-mail to an address that you had before: Accepted") == 2
        sent = json.loads(signed_in(work).get("/me/download/").getvalue())["sent"]
        assert [one["deliveries"][0]["to_address_of_before"] for one in sent] == [True, True]

    @pytest.mark.usefixtures("history")
    def test_it_stays_there_when_the_former_address_is_forgotten(
        self, carla: Subscriber, work: Subscriber, time_machine: TimeMachineFixture
    ) -> None:
        join(carla, work)
        before = shown(work)
        time_machine.move_to(timezone.now() + timedelta(days=8))
        assert forget_former_addresses() == 1
        assert ReadingTime.objects.filter(until_at=None).count() == 0
        after = shown(work)
        for page in (before, after):
            assert page.count("E-mail to an address that you had before: Accepted") == 2

    @pytest.mark.usefixtures("history")
    def test_before_both_have_said_so_and_after_one_has_taken_it_back_it_is_not(
        self, carla: Subscriber, work: Subscriber
    ) -> None:
        ask_to_join(carla, work.email)
        assert sent_to(work).sent == []
        AddressChange.objects.all().delete()
        change = join(carla, work)
        assert len(sent_to(work).sent) == 2
        refuse_change(change=change)
        assert sent_to(work).sent == []
        assert len(sent_to(Subscriber.objects.get(pk=carla.pk)).sent) == 2

    def test_who_got_it_at_both_sees_both(self, carla: Subscriber, work: Subscriber, town: Town) -> None:
        dispatch = a_dispatch(a_bulletin(town.roads))
        delivered(dispatch, carla.pk)
        delivered(dispatch, work.pk, Status.FAILED)
        join(carla, work)
        [sent] = sent_to(work).sent
        assert sorted((one.is_earlier, one.result) for one in sent.deliveries) == [
            (False, Status.FAILED),
            (True, Status.SENT),
        ]


def test_what_came_by_a_topic_that_was_left_stays_on_the_list(carla: Subscriber, town: Town) -> None:
    delivered(a_dispatch(a_bulletin(town.floods)), carla.pk)
    Subscription.objects.update(ended_at=timezone.now())
    assert len(sent_to(carla).sent) == 1


def test_what_was_left_out_of_a_digest_was_not_sent(carla: Subscriber, town: Town) -> None:
    kept, withdrawn = (a_bulletin(town.roads, texts={"en": f"{title}\nText."}) for title in ("Kept", "Withdrawn"))
    a_digest(carla, kept, left_out=withdrawn, period="weekly")
    page = shown(carla)
    assert "Weekly digest" in page
    assert ">Kept</a>" in page
    assert ">Withdrawn</a>" not in page


def test_what_is_not_on_the_web_has_no_link(carla: Subscriber, town: Town) -> None:
    Subscription.objects.create(subscriber=carla, topic=town.internal, started_at=timezone.now())
    bulletin = a_bulletin(town.internal, texts={"en": "Rota\nText."})
    delivered(a_dispatch(bulletin), carla.pk)
    page = shown(carla)
    assert "Rota" in page
    assert f"/bulletins/{bulletin.pk}/" not in page


def test_pages_follow_each_other_without_gap_or_overlap(carla: Subscriber, town: Town) -> None:
    dispatches = [a_dispatch(a_bulletin(town.floods)) for _ in range(2 * PAGE + 3)]
    for dispatch in dispatches:
        delivered(dispatch, carla.pk)
    found, before = [], 2**63 - 1
    while True:
        page = sent_to(carla, before=before)
        found.append([one.dispatch.pk for one in page.sent])
        if page.older is None:
            break
        before = page.older
    assert [len(one) for one in found] == [PAGE, PAGE, 3]
    walked = [one for page in found for one in page]
    assert walked == sorted((one.pk for one in dispatches), reverse=True)
    assert f"?before={found[0][-1]}" in shown(carla)
    assert [one.dispatch.pk for one in everything_sent_to(carla)] == walked


@pytest.mark.parametrize("before", ["", "0", "-1", "x", "9" * 30, "1;--", "٣", "%00"])
def test_an_odd_place_to_go_on_from_is_answered(carla: Subscriber, town: Town, before: str) -> None:
    delivered(a_dispatch(a_bulletin(town.floods)), carla.pk)
    assert signed_in(carla).get(f"/me/sent/?before={before}").status_code == 200


def test_a_page_looks_into_a_limited_number_of_dispatches_and_then_goes_on(
    carla: Subscriber, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LOOKS >= 1_000
    monkeypatch.setattr("alerts.finding.sent_to_me.LOOKS", 4)
    oldest = a_dispatch(a_bulletin(town.floods))
    delivered(oldest, carla.pk)
    for _ in range(9):
        a_dispatch(a_bulletin(town.floods))
    page = sent_to(carla)
    assert page.sent == []
    assert page.older is not None
    assert [one.dispatch.pk for one in everything_sent_to(carla)] == [oldest.pk]
    assert "Older" in shown(carla)


def test_the_page_takes_the_same_queries_whatever_is_on_it(carla: Subscriber, town: Town) -> None:
    browser = signed_in(carla)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert browser.get("/me/sent/").status_code == 200
        return len(captured)

    delivered(a_dispatch(a_bulletin(town.floods)), carla.pk)
    a_digest(carla, a_bulletin(town.roads))
    few = queries()
    for _ in range(2 * PAGE):
        delivered(a_dispatch(a_bulletin(town.floods, town.roads)), carla.pk)
        a_digest(carla, *(a_bulletin(town.roads) for _ in range(3)))
    assert queries() == few <= 14


def test_the_download_holds_every_delivery_and_every_digest(carla: Subscriber, town: Town) -> None:
    flood, road = a_bulletin(town.floods), a_bulletin(town.roads)
    delivered(a_dispatch(flood), carla.pk, Status.FAILED, detail="550 5.7.1 no")
    a_digest(carla, road)
    endpoint = Endpoint.objects.create(subscriber=carla, url="https://hooks.example/x", sealed_secret="s3cret")
    Subscription.objects.create(endpoint=endpoint, topic=town.floods, started_at=timezone.now())
    delivered(a_dispatch(a_bulletin(town.floods)), endpoint.pk, kind=2)
    answer = signed_in(carla).get("/me/download/")
    text = answer.getvalue().decode()
    data = json.loads(text)
    assert [(one["kind"], one["bulletins"]) for one in data["sent"]][1:] == [
        ("daily digest", [f"http://127.0.0.1:8000/bulletins/{road.pk}/"]),
        ("bulletin", [f"http://127.0.0.1:8000/bulletins/{flood.pk}/"]),
    ]
    assert data["sent"][0]["deliveries"][0]["endpoint"] == "https://hooks.example/x"
    assert data["sent"][2]["deliveries"][0] | {"at": ""} == {
        "channel": "e-mail", "endpoint": None, "status": "failed", "attempts": 1, "in_doubt": 0,
        "answer": "550 5.7.1 no", "at": "", "to_address_of_before": False,
    }  # fmt: skip
    assert "s3cret" not in text
    assert set(data) == {
        "address", "language", "status", "since", "first_seen", "ended", "paused_until", "areas", "subscriptions",
        "consent", "sign_ups", "address_changes", "joined_addresses", "sign_in_links", "account_mails", "endpoints",
        "not_written_to", "sent", "time_zone", "digest_hour", "digest_weekday", "quiet_from", "quiet_until",
        "reading_times",
    }  # fmt: skip


def test_the_download_takes_no_more_memory_for_a_longer_history(carla: Subscriber, town: Town) -> None:
    bulletin = a_bulletin(town.floods)
    browser = signed_in(carla)

    def peak() -> int:
        tracemalloc.start()
        size = 0
        for piece in browser.get("/me/download/"):
            size += len(piece)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert size > 0
        return highest

    def history(length: int) -> None:
        runs = Dispatch.objects.bulk_create(
            Dispatch(
                period="daily", lane=Lane.DIGEST, month=month(), state="done", since=timezone.now(),
                cut_off=timezone.now() - timedelta(seconds=Dispatch.objects.count() + number),
            )
            for number in range(length)
        )  # fmt: skip
        Delivery.objects.bulk_create(
            Delivery(
                month=month(), dispatch_id=run.pk, recipient_kind=1, recipient_id=carla.pk, channel=1,
                lane=Lane.DIGEST, status=Status.SENT, attempts=1, topics=[1],
            )
            for run in runs
        )  # fmt: skip
        DigestItem.objects.bulk_create(
            DigestItem(month=month(), dispatch_id=run.pk, recipient_id=carla.pk, bulletin_id=bulletin.pk, topics=[1])
            for run in runs
        )

    history(400)
    peak()  # what is imported and cached by the first download
    short = peak()
    history(2_000)
    assert peak() < 1.5 * short


def test_who_is_not_signed_in_is_asked_to(client: Client, town: Town) -> None:
    assert client.get("/me/sent/")["Location"] == "/me/sign-in/"
