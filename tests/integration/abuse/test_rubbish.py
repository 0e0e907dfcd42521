"""Input that no browser sends: in every field, address, header and cookie. Every answer is one that we meant."""

from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from agencies.models import Agency
from subscriptions.models import OutboxMessage, Subscriber
from subscriptions.pages.form_clock import EMBED_SALT
from tests.integration.abuse import rows
from tests.integration.abuse.live import FORM, Site
from tests.integration.abuse.test_robots import EMBED, PAGE, SIGN_IN, WAYS, clock
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town, a_form, a_subscriber, signed_in, unsubscribe_link

HEADERS = [
    "\r\nBcc: all@example.org",
    "\nSubject: x",
    "%0d%0aBcc: all@example.org",
    "\x00",
    "\u2028Bcc: x",
    ">\r\nRCPT TO:<a@b.c>",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("injected", HEADERS)
def test_an_address_never_begins_another_header(
    town: Town, way: Callable[..., tuple[str, dict[str, object]]], injected: str
) -> None:
    before = rows.count()
    for email in (f"carla{injected}@example.org", f"carla@example.org{injected}", f"{injected}carla@example.org"):
        path, form = way(town, email, "")
        answer = Client().post(path, form)
        taken = answer.status_code == 302 or path == SIGN_IN
        assert answer.status_code == 422 or (taken and injected.startswith("%")) or email.strip() == cast.CARLA
    kept = Subscriber.objects.values_list("email", flat=True)
    assert not any(char in email for email in kept for char in "\r\n\x00\u2028")
    assert rows.count() == before or injected.startswith("%")


RUBBISH = [
    "\x00",
    "\ufffe",
    "\U0001f600" * 300,
    "\u202etxt.exe",
    "'); DROP TABLE x;--",
    "{{ 7*7 }}",
    "[" * 50_000,
]
NOT_UTF_8 = ["%ff%fe", "%ed%a0%80", "%c0%80", "%f5%80%80%80"]
SUBSCRIBE_FIELDS = ("topic", "suggested", "area", "place", "place-shown", "language", "website", "started", "email")
EMBED_FIELDS = ("topic", "email", "website", "started", "only", "lang", "frequency", "site", "back")
OWN_FIELDS = {
    "/me/topics/": ("stop", "suggested", "frequency-1"),
    "/me/suggested/": ("suggested",),
    "/me/areas/": ("area", "place", "find-place"),
    "/me/pause/": ("until",),
    "/me/language/": ("language",),
    "/me/address/": ("email",),
    "/me/endpoints/": ("topics", "url"),
}


def encoded() -> list[str]:
    return [quote(text) for text in RUBBISH] + NOT_UTF_8


def sent(client: Client, path: str, fields: dict[str, object], rubbish: str) -> int:
    form = urlencode(fields, doseq=True)
    return client.post(path, f"{form}&{rubbish}", content_type=FORM).status_code


def test_rubbish_in_any_field_is_refused_or_left_out(town: Town, settings: Settings) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 100_000
    carla = a_subscriber()
    browser, own = Client(), signed_in(carla)
    form = a_form(town.floods)
    embed = {"topic": "floods", "email": cast.CARLA, "started": clock(60, EMBED_SALT)}
    wrong = []
    for rubbish in encoded():
        asked = [(browser, PAGE, {k: v for k, v in form.items() if k != name}, name) for name in SUBSCRIBE_FIELDS]
        asked += [(browser, EMBED, {k: v for k, v in embed.items() if k != name}, name) for name in EMBED_FIELDS]
        asked += [(own, path, {}, name) for path, names in OWN_FIELDS.items() for name in names]
        asked += [(browser, "/u/reason/", {"reason": "other"}, "question"), (browser, SIGN_IN, {}, "email")]
        link = unsubscribe_link(carla, town.roads)
        asked += [(browser, link, {}, name) for name in ("undo", "undo-pause", "pause", "scope", "List-Unsubscribe")]
        for client, path, fields, name in asked:
            status = sent(client, path, fields, f"{name}={rubbish}")
            if status not in {200, 302, 400, 409, 410, 413, 422}:
                wrong.append((status, path, name, rubbish[:20]))
    assert wrong == []


QUERIES = [
    "/?q={}&topic={}", "/archive/?q={}&agency={}&category={}&topic={}&language={}&since={}&until={}&kind={}&older={}",
    "/archive/feed.atom?q={}&agency={}&topic={}", "/subscribe/?topic={}&suggested={}", "/bulletins/1/?lang={}",
    "/subscribe/check-your-mail/?topic={}", "/embed/water/?topics={}&lang={}&frequency={}&back={}&site={}&target={}",
    "/embed/water/check-your-mail/?topic={}&back={}&lang={}", "/staff/sign-in/login/?next={}",
]  # fmt: skip
PATHS = [
    "/u/{}", "/confirm/{}/", "/me/sign-in/{}/", "/me/address/confirm/{}/", "/me/address/refuse/{}/", "/topics/{}/",
    "/agencies/{}/", "/categories/{}/", "/theme/{}.css", "/sitemaps/{}-1.xml", "/topics/floods/feed.{}", "/embed/{}/",
    "/bulletins/{}/", "/alerts/{}/cap.xml", "/sitemaps/topics-{}.xml",
]  # fmt: skip


def test_rubbish_in_any_web_address_is_refused_or_left_out(town: Town) -> None:
    wrong = []
    for rubbish in [*encoded(), "9" * 30, "-1", "..%2f..%2fetc%2fpasswd"]:
        short = rubbish[:3_000]
        short = short[: short.rfind("%")] if "%" in short[-2:] else short
        for shape in QUERIES + PATHS:
            answer = Client().get(shape.replace("{}", short))
            if answer.status_code not in {200, 301, 302, 400, 404, 410}:
                wrong.append((answer.status_code, shape, rubbish[:20]))
    assert wrong == []


def test_huge_forms_and_thousands_of_topics_get_a_page_that_says_so(town: Town) -> None:
    many = urlencode([("topic", f"t{number}") for number in range(5_000)])
    carla = a_subscriber()
    for path in (PAGE, SIGN_IN, unsubscribe_link(carla, town.floods)):
        for body in (many, "a=" + "x" * 3_000_000):
            answer = Client().post(path, body, content_type=FORM)
            assert (answer.status_code, "could not be read" in answer.content.decode()) == (400, True), path
    hundreds = urlencode([("topic", f"t{number}") for number in range(900)] + [("email", cast.CARLA)])
    assert Client().post(PAGE, hundreds, content_type=FORM).status_code == 422
    assert Client().post(EMBED, hundreds, content_type=FORM).status_code == 422
    assert not OutboxMessage.objects.exists()


def test_json_however_deep_is_no_form(town: Town) -> None:
    deep = "[" * 200_000
    statuses = {Client().post(path, deep, content_type="application/json").status_code for path in (PAGE, SIGN_IN)}
    assert statuses == {422}
    assert Client().post(EMBED, deep, content_type="application/json").status_code == 415
    assert Client().post("/api/v1/endpoints", deep, content_type="application/json").status_code == 401


CODECS = (
    "rot13",
    "hex",
    "zlib",
    "idna",
    "undefined",
    "unicode_escape",
    "raw_unicode_escape",
    "utf-16",
    "utf-7",
    "nonsense",
)

COOKIES = (
    'sessionid="\\000aaaaaaaaaaaa"',
    'sessionid="\\377aaaaaaaaaaaa"',
    'csrftoken="\\000"',
    'messages="\\000x"',
    'language="\\000"',
    "language=../../../etc",
    "sessionid=" + "a" * 4_000,
)


def test_character_sets_and_cookies_that_are_none_end_in_a_page(site: Callable[..., Site]) -> None:
    town = cast.a_town()
    Agency.objects.filter(pk=town.water.pk).update(embed_sites=["https://www.water.example"])
    running = site()
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = (part.format("topic", "floods") + part.format("email", "a\\ud800@example.org") + "--b--\r\n").encode()
    for codec in CODECS:
        for kind in (f"text/plain; charset={codec}", f"text/plain; charset*={codec}''x; a=\"; charset=hex\""):
            assert running.ask("GET", "/?q=abc%ff", b"", [("Content-Type", kind)]).status == 200, kind
        for kind in (
            f"multipart/form-data; boundary=b; charset={codec}",
            f"multipart/form-data; charset={codec}; boundary=b",
        ):
            headers = [("Content-Type", kind), ("Origin", "https://www.water.example")]
            assert running.ask("POST", EMBED, body, headers).status == 422, kind
    taken = [
        ("Content-Type", "multipart/form-data; charset=rot13; boundary=b"),
        ("Origin", "https://www.water.example"),
    ]
    assert running.ask("POST", EMBED, body.replace(b"\\ud800", b""), taken).status == 302
    assert Subscriber.objects.get().email == "a@example.org"
    for cookie in COOKIES:
        for path, status in (("/me/", 302), ("/subscribe/?topic=floods", 200), ("/", 200)):
            assert running.get(path, ("Cookie", cookie)).status == status, cookie
    assert "Traceback" not in running.log
