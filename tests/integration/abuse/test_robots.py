"""Robots that fill in forms: the clock in the form, and how much is taken from one network or for one domain."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from time_machine import TimeMachineFixture

from subscriptions.models import Subscriber
from subscriptions.pages.form_clock import EMBED_SALT, LONGEST, MOST_USES, SALT
from tests.integration.abuse.live import Site
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town, a_form

PAGE, EMBED, SIGN_IN = "/subscribe/", "/embed/water/subscribe/", "/me/sign-in/"


def clock(age: float, salt: str = SALT) -> str:
    return signing.dumps(timezone.now().timestamp() - age, salt=salt)


@pytest.mark.parametrize(
    "started",
    [
        lambda: "",
        lambda: clock(0.5),
        lambda: clock(LONGEST + 60),
        lambda: clock(60, EMBED_SALT),
        lambda: clock(60, "subscriptions.undo"),
        lambda: clock(60)[:-1],
        lambda: "x" + clock(60),
        lambda: clock(60).replace(":", "\x00", 1),
        lambda: "1700000000:1rS:forged",
        lambda: "é" * 5_000,
    ],
    ids=["none", "too soon", "too old", "of another form", "of another kind", "cut", "longer", "NUL", "forged", "huge"],
)
def test_a_clock_that_is_not_a_person_s_asks_once_more(
    town: Town, client: Client, time_machine: TimeMachineFixture, started: Callable[[], str]
) -> None:
    time_machine.move_to(timezone.now(), tick=False)  # else a page that is slow makes a person of a robot
    answer = client.post(PAGE, a_form(town.floods, started=started()))
    assert (answer.status_code, "once more" in answer.content.decode()) == (422, True)
    frame = client.post(EMBED, {"topic": "floods", "email": cast.CARLA, "started": started()})
    assert (frame.status_code, "once more" in frame.content.decode()) == (422, started() != clock(60, EMBED_SALT)) or (
        frame.status_code == 302
    )
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    again = a_form(town.floods, started=answer.context["form"]["started"].value())
    assert client.post(PAGE, again).status_code == 302


def test_one_opened_form_is_good_for_a_few_sign_ups(
    town: Town, client: Client, settings: Settings, time_machine: TimeMachineFixture
) -> None:
    started = clock(60)
    statuses = [
        client.post(PAGE, a_form(town.floods, started=started, email=f"{number}@example.org")).status_code
        for number in range(MOST_USES + 5)
    ]
    assert statuses == [302] * MOST_USES + [422] * 5
    answer = client.post(PAGE, a_form(town.floods, started=started))
    fresh = answer.context["form"]["started"].value()
    assert fresh != started
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    assert client.post(PAGE, a_form(town.floods, started=fresh)).status_code == 302


def test_one_opened_frame_is_good_for_a_few_sign_ups(
    town: Town, client: Client, time_machine: TimeMachineFixture
) -> None:
    form = {"topic": "floods", "started": clock(60, EMBED_SALT)}
    answers = [client.post(EMBED, form | {"email": f"{number}@example.org"}) for number in range(MOST_USES + 2)]
    assert [answer.status_code for answer in answers] == [302] * MOST_USES + [422] * 2
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    again = form | {"started": answers[-1].context["form"].clock, "email": cast.CARLA}
    assert client.post(EMBED, again).status_code == 302


def test_a_form_with_a_fault_does_not_use_its_clock_up(town: Town, client: Client) -> None:
    started = clock(60)
    for _ in range(MOST_USES + 5):
        assert client.post(PAGE, a_form(town.floods, started=started, email="carla@@")).status_code == 422
        assert client.post(PAGE, a_form(town.floods, started=started) | {"find-place": "1"}).status_code == 200
    assert client.post(PAGE, a_form(town.floods, started=started)).status_code == 302


def by_page(town: Town, email: str, ip: str) -> tuple[str, dict[str, object]]:
    return PAGE, a_form(town.floods, email=email)


def by_embed(town: Town, email: str, ip: str) -> tuple[str, dict[str, object]]:
    return EMBED, {"topic": "floods", "email": email, "started": clock(60, EMBED_SALT)}


def by_sign_in(town: Town, email: str, ip: str) -> tuple[str, dict[str, object]]:
    return SIGN_IN, {"email": email}


WAYS = [by_page, by_embed, by_sign_in]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "ips",
    [
        ["192.0.2.1"] * 4,
        [f"2001:db8:1:2::{n}" for n in range(4)],
        [f"[2001:db8:1:3::1]{port}" for port in ("", ":1", ":2", ":3")],
        [f"192.0.2.3:{n}" for n in range(4)],
        [f"::ffff:192.0.2.{n // 4}" for n in range(4)],
        ["", "no address", "\x00", "é" * 500],
    ],
    ids=["IPv4", "/64", "IPv6 with ports", "IPv4 with ports", "IPv4 in IPv6", "unknown"],
)
def test_every_form_says_when_to_come_back_to_who_asks_too_much(
    town: Town, settings: Settings, way: Callable[..., tuple[str, dict[str, object]]], ips: list[str]
) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 2
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    answers = []
    for number, ip in enumerate(ips):
        path, form = way(town, f"{number}@example.org", ip)
        answers.append(Client().post(path, form, HTTP_X_FORWARDED_FOR=ip))
    assert [answer.status_code // 100 for answer in answers[:2]] == [answers[0].status_code // 100] * 2
    assert [answer.status_code for answer in answers[2:]] == [429] * 2
    for answer in answers[2:]:
        assert 0 < int(answer["Retry-After"]) <= 3_600
        assert "Try again in" in answer.content.decode()


@pytest.mark.parametrize("way", WAYS)
def test_networks_of_others_are_not_kept_out(
    town: Town, settings: Settings, way: Callable[..., tuple[str, dict[str, object]]]
) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    others = ["192.0.2.1", "::ffff:192.0.2.2", "::ffff:192.0.2.3", "2001:db8:1:1::1", "2001:db8:1:2::1", "192.0.2.4:80"]
    for number, ip in enumerate(others):
        path, form = way(town, f"{number}@example.org", ip)
        assert Client().post(path, form, HTTP_X_FORWARDED_FOR=f"192.0.2.1, {ip}").status_code in {200, 302}


def test_a_site_of_ipv6_with_thousands_of_networks_is_limited_as_a_whole(town: Town, settings: Settings) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    statuses = [
        Client().post(SIGN_IN, {"email": f"{n}@example.org"}, HTTP_X_FORWARDED_FOR=f"2001:db8:1:{n:x}::1").status_code
        for n in range(12)
    ]
    assert statuses == [200] * 10 + [429] * 2


def test_a_mass_of_addresses_at_one_domain_is_stopped_whatever_its_letters(town: Town, settings: Settings) -> None:
    settings.SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR = 6
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    statuses = []
    for number in range(12):
        domain = ("exämple.org", "xn--exmple-cua.org", "EXÄMPLE.org")[number % 3]
        path, form = WAYS[number % 2](town, f"{number}@{domain}", "")
        statuses.append(Client().post(path, form, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}").status_code)
    assert statuses == [302] * 6 + [429] * 6
    assert Subscriber.objects.count() == 6


def test_a_visitor_s_own_forwarded_header_counts_for_nothing(site: Callable[..., Site]) -> None:
    """Neither before the proxy's entry nor in a line of its own: some proxies append, others add a line."""
    cast.a_town()
    running = site(SIGN_UPS_PER_IP_AND_HOUR="2")
    hidden, cookie = running.opened_form(SIGN_IN)

    def ask(number: int, *lines: str) -> int:
        headers = [("X-Forwarded-For", line) for line in lines]
        return running.post(SIGN_IN, hidden | {"email": f"{number}@example.org"}, cookie, *headers).status

    assert [ask(number, f"10.0.0.{number}, 198.51.100.1") for number in range(4)] == [200, 200, 429, 429]
    assert [ask(number, f"10.0.0.{number}", "198.51.100.2") for number in range(4, 8)] == [200, 200, 429, 429]
