"""Which addresses belong to a destination, and how operators say so."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.models import AuditEntry
from alerts.acts.destinations import BadLimit, set_destination
from alerts.engine.admission import limits_of
from alerts.engine.fanout import open_dispatch
from alerts.lanes import Lane, RecipientKind
from alerts.models import Allowance, Delivery, Destination, Dispatch
from alerts.partitions import ensure_month
from subscriptions.erasing import erase
from subscriptions.models import Frequency, Subscriber, Topic
from subscriptions.signing_up import sign_up
from tests.integration.engine.limits import expand_all, followers, limited, published
from tests.integration.staff.cast import a_topic, an_agency

pytestmark = pytest.mark.django_db(transaction=True)


def destinations() -> dict[str, int]:
    """Of every delivery, by the address."""
    addresses = dict(Subscriber.objects.values_list("pk", "email"))
    return {addresses[row.recipient_id]: row.destination for row in Delivery.objects.all()}


def test_a_domain_is_compared_as_addresses_are():
    big = limited("BIG.example", "Bücher.example")
    published("water", {"Big.Example": 1, "bücher.EXAMPLE": 1, "xn--bcher-kva.example": 1, "notbig.example": 1})
    Subscriber.objects.filter(email__contains="ü").update(ascii_domain="xn--bcher-kva.example")
    expand_all()
    assert {address.rpartition("@")[2]: number for address, number in destinations().items()} == {
        "Big.Example": big.pk,
        "bücher.EXAMPLE": big.pk,
        "xn--bcher-kva.example": big.pk,
        "notbig.example": 0,
    }


def test_who_signs_up_with_a_domain_in_other_letters_is_known_by_its_a_labels_until_erased():
    topic = a_topic(an_agency())
    for email in ("ana@Bücher.example.org", "ben@Plain.Example.org"):
        sign_up(email=email, choices={topic: Frequency.IMMEDIATE}, language="en", page="/", ip="192.0.2.1")
    ana, ben = Subscriber.objects.order_by("pk")
    assert (ana.ascii_domain, ben.ascii_domain) == ("xn--bcher-kva.example.org", None)
    erase(subscribers=Subscriber.objects.all())
    assert set(Subscriber.objects.values_list("ascii_domain", flat=True)) == {None}


def test_without_limits_nobody_has_a_destination():
    limited("big.example", lane=Lane.DIGEST)
    published("water", {"big.example": 2})
    expand_all()
    assert set(destinations().values()) == {0}


def test_digests_are_limited_too():
    big = limited("big.example", lane=Lane.DIGEST)
    published("water", {"small.example": 1})
    readers = followers(Topic.objects.get(), {"big.example": 1}, Frequency.DAILY)
    now = timezone.now()
    ensure_month(now.date().replace(day=1))
    run = Dispatch.objects.create(
        lane=Lane.DIGEST, period=Frequency.DAILY, month=now.date().replace(day=1),
        since=now - timedelta(days=1), cut_off=now,
    )  # fmt: skip
    open_dispatch(run, (RecipientKind.SUBSCRIBER,))
    expand_all(Lane.DIGEST)
    assert destinations() == {readers[0]: big.pk}


def test_setting_a_destination_again_makes_it_what_is_said_and_is_recorded():
    first = set_destination(name="big", domains=["a.example", "b.example"], rates={Lane.ROUTINE: 5, Lane.DIGEST: 1})
    again = set_destination(name="big", domains=["b.example"], rates={Lane.ROUTINE: 8})
    assert again.pk == first.pk
    assert dict(Allowance.objects.values_list("lane", "rate")) == {Lane.ROUTINE: 8, Lane.DIGEST: None}
    limits = {name: json.loads(value) for name, value in limits_of(Lane.ROUTINE).values.items()}
    assert limits == {"destination_of": {"b.example": first.pk}, "sizes": {str(first.pk): 4}}
    entry = AuditEntry.objects.order_by("pk").last()
    assert entry is not None
    assert entry.before == {"domains": ["a.example", "b.example"], "rates": {"routine": 5, "digest": 1}}
    assert entry.after == {"domains": ["b.example"], "rates": {"routine": 8}}


def test_a_domain_belongs_to_one_destination():
    limited("big.example")
    with pytest.raises(BadLimit, match=r"big\.example belongs to the destination big\.example"):
        set_destination(name="other", domains=["big.example"], rates={Lane.ROUTINE: 1})
    assert not Destination.objects.filter(name="other").exists()


@pytest.mark.parametrize(
    ("domains", "rates", "said"),
    [
        ([], {Lane.ROUTINE: 1}, "needs a name, a domain and a rate"),
        (["big.example"], {}, "needs a name, a domain and a rate"),
        (["big.example"], {Lane.ROUTINE: 0}, "messages per second, above 0"),
        (["big.example"], {Lane.ROUTINE: float("nan")}, "messages per second, above 0"),
        (["big.example"], {Lane.TRANSACTIONAL: 1}, "transactional has no limits"),
        (["ana@big.example"], {Lane.ROUTINE: 1}, "not a mail domain"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(domains, rates, said):
    with pytest.raises(BadLimit, match=said):
        set_destination(name="big", domains=domains, rates=rates)


def test_the_command_sets_lists_and_removes(capsys):
    call_command("destinations", "set", "big", "--domain", "a.example", "--domain", "b.example", "--rate", "routine=50")
    assert capsys.readouterr().out == "big  a.example b.example  routine=50/s\n"
    call_command("destinations", "remove", "big")
    assert capsys.readouterr().out == ""
    with pytest.raises(CommandError, match="There is no destination small"):
        call_command("destinations", "remove", "small")
    with pytest.raises(CommandError, match="'night=1' is not LANE=N"):
        call_command("destinations", "set", "big", "--domain", "a.example", "--rate", "night=1")
