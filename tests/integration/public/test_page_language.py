"""In which language a page is: its address, the cookie of the switch, the browser; and no cache mixes them up."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.test import Client

from agencies.models import Role, User
from subscriptions.models import Subscriber
from tests.integration.staff.cast import PASSWORD, a_person
from tests.integration.subscriptions.cast import CARLA, Town, a_bulletin, a_subscriber, sign_in_link, signed_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

LANGUAGES = [tag for tag, _ in settings.LANGUAGES]
PUBLIC = ["/", "/agencies/water/", "/topics/floods/", "/alerts/", "/archive/", "/privacy/", "/accessibility/"]


def language_of(answer: "Answer") -> str:
    """What the page says of itself, three times the same."""
    found = re.search(r'<html lang="([\w-]+)" dir="(\w+)">', answer.content.decode())
    assert found
    assert found[1] == answer["Content-Language"]
    assert found[2] == ("rtl" if found[1] == "ar" else "ltr")
    return found[1]


def asking_for(language: str) -> Client:
    return Client(headers={"Accept-Language": language})


def having_switched_to(language: str, **headers: str) -> Client:
    client = Client(headers=headers)
    client.post("/language/", {"language": language, "next": "/"})
    return client


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_browser_s_language_is_that_of_the_page(town: Town, language: str) -> None:
    assert language_of(asking_for(f"{language};q=0.9,en;q=0.1").get("/")) == language
    assert language_of(asking_for(f"{language.upper()}-XX").get("/alerts/")) == language


@pytest.mark.parametrize("asked", ["", "de", "*", "tlh;q=1", "x" * 600, "fr-;q=abc", "\u00e9"])
def test_what_we_do_not_speak_or_read_is_english(town: Town, asked: str) -> None:
    assert language_of(asking_for(asked).get("/")) == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_switch_goes_before_the_browser_and_the_address_before_both(town: Town, language: str) -> None:
    client = having_switched_to(language, **{"Accept-Language": "es"})
    assert language_of(client.get("/archive/")) == language
    assert language_of(client.get("/archive/?lang=uk")) == "uk"
    assert language_of(client.get("/archive/?lang=de")) == language
    assert language_of(client.get("/archive/")) == language  # an address is for one page


def test_the_switch_leads_back_to_where_one_was(town: Town, client: Client) -> None:
    page = client.get("/archive/?q=a%26b&lang=fr").content.decode()
    assert 'name="next" value="/archive/?q=a%26b"' in page
    answer = client.post("/language/", {"language": "ro", "next": "/archive/?q=a%26b"})
    assert (answer.status_code, answer["Location"]) == (302, "/archive/?q=a%26b")
    assert answer.cookies["language"]["samesite"] == "Lax"
    assert answer.cookies["language"]["httponly"]
    assert "public" not in answer["Cache-Control"]


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "", "\\\\evil.example"]
)
def test_the_switch_leads_to_no_other_site(town: Town, client: Client, elsewhere: str) -> None:
    assert client.post("/language/", {"language": "ro", "next": elsewhere})["Location"] == "/"


@pytest.mark.parametrize("language", ["", "de", "../../etc", "ro\r\nSet-Cookie: a=b", "en-GB"])
def test_the_switch_takes_only_languages_of_ours(town: Town, client: Client, language: str) -> None:
    assert not client.post("/language/", {"language": language, "next": "/"}).cookies


def test_no_other_site_switches_and_no_link_does(town: Town, client: Client) -> None:
    elsewhere = client.post("/language/", {"language": "ro"}, headers={"Origin": "https://evil.example"})
    assert (elsewhere.status_code, bool(elsewhere.cookies)) == (403, False)
    assert client.post("/language/", {"language": "ro"}, headers={"Origin": "null"}).status_code == 403
    assert client.get("/language/?language=ro").status_code == 405
    assert client.post("/language/", {"language": "ro"}, headers={"Origin": "http://testserver"}).cookies


@pytest.mark.parametrize("path", [*PUBLIC, "/subscribe/", "/me/sign-in/", "/staff/sign-in/login/", "/nowhere/"])
def test_every_page_offers_each_language_by_its_own_name(town: Town, client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    for tag, name in [("ar", "العربيّة"), ("en", "English"), ("fr", "Français"), ("uk", "Українська")]:
        assert re.search(rf'<button [^>]*value="{tag}" lang="{tag}"[^>]*>{name}</button>', page), tag
    assert page.count('aria-current="true">English') == 1


class SharedCache:
    """What RFC 9111 (section 4.1) lets a cache do: an answer for an address and the fields that it varies by."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[dict[str, str], Answer]]] = {}
        self.asked = 0

    def get(self, path: str, client: Client, headers: dict[str, str]) -> "Answer":
        sent = {"Accept-Language": "", "Cookie": client.cookies.output(header="", attrs=[], sep=";").strip(), **headers}
        for fields, kept in self._kept.get(path, []):
            if all(sent[name] == value for name, value in fields.items()):
                return kept
        self.asked += 1
        answer = client.get(path, headers=headers)
        assert answer["Cache-Control"].startswith("public")
        names = [name.strip() for name in answer.get("Vary", "").split(",") if name.strip()]
        self._kept.setdefault(path, []).append(({name: sent[name] for name in names}, answer))
        return answer


def visitors() -> Iterator[tuple[str, Client, dict[str, str]]]:
    """Each language by the browser, by the switch in a browser of another, and nothing said at all."""
    for place, language in enumerate(LANGUAGES):
        other = LANGUAGES[place - 1]
        yield language, Client(), {"Accept-Language": language}
        yield language, having_switched_to(language), {"Accept-Language": other}
    yield "en", Client(), {}


@pytest.mark.parametrize("path", PUBLIC)
def test_a_shared_cache_gives_everybody_their_own_language(town: Town, path: str) -> None:
    cache = SharedCache()
    for _round in range(2):
        for language, client, headers in visitors():
            assert language_of(cache.get(path, client, headers)) == language
    assert cache.asked == len(list(visitors()))


def test_an_address_with_a_language_is_one_page_for_whoever_asks(town: Town) -> None:
    """So a cache keeps it once, and links to it can be given away."""
    bulletin = a_bulletin(town.floods, texts={"en": "River rising\nBy Friday.", "fr": "La rivière monte\nVendredi."})
    for path in ("/topics/floods/?lang=fr", f"/bulletins/{bulletin.pk}/?lang=fr"):
        cache = SharedCache()
        answers = [cache.get(path, client, headers) for _, client, headers in visitors()]
        assert {language_of(answer) for answer in answers} == {"fr"}
        assert cache.asked == 1


@pytest.mark.parametrize("path", PUBLIC)
def test_search_engines_find_a_page_in_each_language(town: Town, client: Client, path: str) -> None:
    links = re.findall(r'rel="alternate" hreflang="([\w-]+)" href="([^"]+)"', client.get(path).content.decode())
    assert [tag for tag, _ in links] == ["x-default", *LANGUAGES]
    for tag, address in links[1:]:
        assert language_of(client.get(address.removeprefix(settings.SITE_URL))) == tag
    assert "hreflang" not in client.get(f"{path}?page=2").content.decode().split("</head>")[0].replace(" lang", "")


def test_a_citizen_who_signs_in_reads_their_own_language_everywhere(town: Town) -> None:
    carla = a_subscriber()
    Subscriber.objects.filter(pk=carla.pk).update(language="ro")
    client = having_switched_to("fr")
    client.post(sign_in_link(carla))
    assert language_of(client.get("/me/")) == "ro"
    assert language_of(client.get("/archive/")) == "ro"
    client.post("/me/language/", {"language": "ar"})
    assert language_of(client.get("/me/")) == "ar"


def test_switching_the_pages_does_not_change_in_what_language_we_write(town: Town) -> None:
    client = signed_in(a_subscriber())
    client.post("/language/", {"language": "es", "next": "/me/"})
    assert language_of(client.get("/me/")) == "es"
    assert Subscriber.objects.get(email=CARLA).language == "en"


def test_staff_find_the_language_that_they_chose_last(town: Town) -> None:
    person = a_person(town.water, Role.VIEWER)
    person.set_password(PASSWORD)
    person.save()
    first = Client()
    first.force_login(person)
    first.post("/language/", {"language": "uk", "next": "/staff/"})
    assert User.objects.get(pk=person.pk).language == "uk"
    elsewhere = Client()
    answer = elsewhere.post("/staff/sign-in/login/", {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert [str(one) for one in get_messages(answer.wsgi_request)] == ["Успішно увійшли як Ana Author."]
    assert language_of(elsewhere.get("/archive/")) == "uk"
