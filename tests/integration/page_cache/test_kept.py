"""What is kept, for whom, and how it is given again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.urls import path as route

from govnotify.urls import urlpatterns as real
from subscriptions.models import Frequency
from tests.integration.feeds import test_public_pages as personal
from tests.integration.page_cache.web import PATIENCE, Web, fails
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town, a_bulletin

PAGES = ["/", "/topics/floods/", "/agencies/water/", "/alerts/", "/archive/?q=river", "/topics/floods/feed.atom"]
BROWSER = {"accept_encoding": "gzip, deflate, br, zstd"}
urlpatterns = [*real, *(route(f"{view.__name__}/", view) for view in personal.VIEWS)]


@pytest.mark.parametrize("path", PAGES)
def test_the_second_visitor_gets_what_the_first_got(web: Web, path: str) -> None:
    first, second = web.get(path), web.get(path)
    assert second == first
    assert len(web.asked) == 1
    assert second["content-length"] == str(len(second.body))


@pytest.mark.parametrize("path", PAGES)
def test_django_s_own_answer_is_given_but_for_encoding_and_age(web: Web, path: str) -> None:
    kept, direct = web.get(path), _direct(web).get(path)
    varies = {name.strip() for name in kept["vary"].split(",")}
    assert varies - {name.strip() for name in direct.headers.get("vary", "").split(",")} == {"Accept-Encoding"}
    kept.headers.pop("vary"), kept.headers.pop("age"), direct.headers.pop("vary", "")
    assert kept == direct


def test_a_browser_gets_it_compressed_and_others_as_it_is(web: Web) -> None:
    packed, plain = web.get("/", **BROWSER), web.get("/", accept_encoding="gzip;q=0, br")
    assert packed["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert len(packed.body) < len(plain.body) / 2
    assert packed.text == plain.text
    assert packed["etag"] == plain["etag"]
    assert len(web.asked) == 1


def test_who_has_it_is_told_so_and_the_next_gets_it_whole(web: Web) -> None:
    tag = web.get("/")["etag"]
    web.cache.store.clear()
    known = web.get("/", if_none_match=f'"other", {tag.removeprefix("W/")}')
    assert (known.status, known.body) == (304, b"")
    assert known["etag"] == tag
    assert known["cache-control"].startswith("public")
    assert not known.headers.keys() & {"content-length", "content-type"}
    assert web.get("/").status == 200
    assert web.get("/", if_none_match='"other"').status == 200
    assert web.asked == ["/", "/"]


def test_a_reader_of_feeds_that_knows_the_date_is_told_so(town: Town, web: Web) -> None:
    a_bulletin(town.floods)
    web.again()
    path = "/topics/floods/feed.rss"
    date = web.get(path)["last-modified"]
    assert web.get(path, if_modified_since=date).status == 304
    assert web.get(path, if_modified_since="Sat, 01 Jan 2000 00:00:00 GMT").status == 200
    assert web.get(path, if_modified_since="yesterday").status == 200
    assert web.get(path, if_modified_since=date, if_none_match='"other"').status == 200


def test_head_has_the_headers_alone(web: Web) -> None:
    whole = web.get("/")
    head = web.get("/", method="HEAD")
    assert (head.headers, head.body) == (whole.headers, b"")


def test_languages_and_variants_are_told_apart(town: Town, web: Web) -> None:
    bulletin = a_bulletin(town.floods, texts={"en": "River rising\nNow.", "fr": "Crue\nMaintenant."})
    web.again()
    path = bulletin.get_absolute_url()
    assert 'lang="en"' in web.get(path)
    assert "Crue" in web.get(f"{path}?lang=fr")
    french = web.get(path, accept_language="fr-CH, fr;q=0.9, en;q=0.8")
    assert '<html lang="fr"' in french
    assert '<html lang="ar" dir="rtl"' in web.get(path, accept_language="ar")
    assert '<html lang="ro"' in web.get(path, cookie="language=ro", accept_language="fr")
    asked = len(web.asked)
    assert web.get(path, accept_language="fr") == french
    assert web.get(path, cookie="language=fr; other=1") == french
    assert len(web.asked) == asked


def test_who_is_signed_in_or_has_a_message_waiting_is_always_asked_for(town: Town, web: Web) -> None:
    browser = cast.signed_in(cast.a_subscriber(floods=Frequency.DAILY))
    session = f"sessionid={browser.cookies['sessionid'].value}"
    for cookie in (session, f"other=1; {session}", "messages=some", "sessionid="):
        web.get("/", cookie=cookie)
        web.get("/", cookie=cookie)
    assert len(web.asked) == 8
    assert web.cache.store.octets == 0
    assert "Carla" in web.get("/me/", cookie=session)
    assert web.get("/me/").status == 302


@pytest.mark.parametrize("view", personal.VIEWS, ids=lambda view: view.__name__)
def test_what_is_personal_is_never_kept(web: Web, settings: Any, view: Any) -> None:
    settings.ROOT_URLCONF = __name__
    web.get(f"/{view.__name__}/")
    web.get(f"/{view.__name__}/")
    assert len(web.asked) == 2
    assert web.cache.store.octets == 0


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/topics/none/", "/subscribe/", "/me/", "/staff/", "/health/", "/static/govnotify/site.css"]
)
def test_everything_else_is_not_kept(web: Web, path: str) -> None:
    for _ in range(2):
        web.get(path)
    assert len(web.asked) == 2
    assert web.cache.store.octets == 0


def test_a_page_that_was_missing_is_there_as_soon_as_it_is_made(town: Town, web: Web) -> None:
    assert web.get("/topics/new/").status == 404
    cast.a_topic(town.water, "new", "New")
    assert web.get("/topics/new/").status == 200


def test_of_many_who_want_a_page_at_once_one_is_asked_for(web: Web) -> None:
    held, goes_on = threading.Event(), threading.Event()

    def in_a_thread(path: str) -> str:
        try:
            return web.get(path).text
        finally:
            connections.close_all()

    def until_told() -> None:
        held.set()
        assert goes_on.wait(PATIENCE)

    web.before = until_told
    with ThreadPoolExecutor() as pool:
        first = pool.submit(in_a_thread, "/topics/floods/")
        assert held.wait(PATIENCE)
        web.before = lambda: None
        others = [pool.submit(in_a_thread, "/topics/floods/") for _ in range(2)]
        assert pool.submit(in_a_thread, "/subscribe/").result(PATIENCE)
        goes_on.set()
        assert {answer.result(PATIENCE) for answer in (first, *others)} == {web.get("/topics/floods/").text}
    assert web.asked == ["/topics/floods/", "/subscribe/"]


def test_a_post_is_never_answered_from_what_is_kept(web: Web) -> None:
    web.get("/")
    assert web.get("/", method="POST").status in {403, 405}
    assert web.asked == ["/", "/"]


def test_hosts_and_schemes_are_told_apart(web: Web, settings: Any) -> None:
    settings.OVER_HTTPS, settings.SECURE_PROXY_SSL_HEADER = True, ("HTTP_X_FORWARDED_PROTO", "https")
    assert web.get("/").status == 200
    assert web.get("/", host="elsewhere.example").status == 400
    assert web.get("/", x_forwarded_proto="https").status == 200
    assert web.get("/", x_forwarded_proto="http").status == 200
    assert web.asked == ["/", "/", "/"]


def test_memory_is_bounded_and_what_is_asked_for_stays(town: Town) -> None:
    web = Web(octets=200_000).listens()
    try:
        for number in range(40):
            web.get("/")
            web.get(f"/archive/?q={number}")
            assert web.cache.store.octets <= 200_000
        assert web.asked.count("/") == 1
        web.get("/archive/?q=0")
        assert web.asked.count("/archive/") == 41
    finally:
        web.end()


def test_an_answer_larger_than_all_that_may_be_kept_is_given_and_not_kept(town: Town) -> None:
    web = Web(octets=5_000).listens()
    try:
        assert "Flood warnings" in web.get("/topics/floods/")
        assert web.cache.store.octets == 0
    finally:
        web.end()


def test_pages_stand_while_we_can_not_answer_and_not_for_ever(web: Web) -> None:
    before = web.get("/")
    web.django = fails
    web.now += 100
    assert web.get("/").text == before.text
    assert web.get("/").text == before.text
    assert web.asked == ["/", "/"]  # it rests for some seconds before it asks again
    web.now += 29
    assert web.get("/").status == 200
    web.now += 2  # 131 s; fresh for 10 and, where we fail, for 120 more
    assert web.get("/").status == 500
    assert web.get("/topics/floods/").status == 500


def _direct(web: Web) -> Web:
    """The same without a cache."""
    bare = object.__new__(Web)
    bare.cache = web.django  # type: ignore[assignment]
    return bare
