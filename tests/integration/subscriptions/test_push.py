"""A browser asks to be told, proves that it is one, changes its mind, moves, and is forgotten."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from channels.push.vapid import VapidKeys, new_key
from subscriptions.browsers import push_guard
from subscriptions.forgetting_browsers import forget_outdated
from subscriptions.keys import vapid
from subscriptions.limits import WELCOMES_PER_UNKNOWN_HOST_AND_HOUR
from subscriptions.models import Browser, BrowserArea, BrowserConsent, BrowserSubscription, Place, Topic
from subscriptions.models.browser import EVERY_EMERGENCY
from subscriptions.welcoming import TRIES, welcome_pending
from tests.browsers import listening, row_of
from tests.integration.staff.cast import a_topic, an_agency
from tests.integration.subscriptions.cast import a_country
from tests.push_service import PushService, TestBrowser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def topic() -> Topic:
    return a_topic(an_agency(), "floods", "Floods")


def described(browser: TestBrowser) -> dict[str, object]:
    """As our script sends it."""
    keys = vapid()
    assert keys is not None
    return browser.subscription() | {"applicationServerKey": browser.application_key or keys.public_key}


def ask(path: str, **asked: object):
    return Client().post(f"/push/{path}/", json.dumps(asked), content_type="application/json")


def tell(browser: TestBrowser, *topics: str, **more: object):
    wanted = {"subscription": described(browser), "topics": list(topics), "language": "en", "page": "/topics/floods/"}
    return ask("tell", **(wanted | more))


def welcomed(browser: TestBrowser) -> str:
    """The token of the welcome that it gets now."""
    assert welcome_pending() == 1
    token: str = browser.messages[-1].payload["answer"]
    return token


def acts(browser_id: int) -> list[tuple[str, str, int]]:
    return list(
        BrowserConsent.objects.filter(browser_id=browser_id).order_by("pk").values_list("act", "way", "subject")
    )


def test_a_browser_is_told_once_its_service_worker_has_answered_the_welcome(topic, push_service: PushService):
    browser = push_service.browser()

    asked = tell(browser, "floods")
    assert (asked.status_code, asked.json()["status"]) == (202, "waiting")
    row = row_of(browser)
    assert row is not None
    assert acts(row.pk) == []
    token = welcomed(browser)
    [message] = browser.messages
    assert message.payload["title"] == "Notifications are on"
    assert message.payload["url"].endswith("/push/")
    assert ask("state", subscription=described(browser)).json()["status"] == "waiting"

    answered = ask("answer", token=token)

    assert answered.json() == {
        "status": "active",
        "follows": [{"subject": topic.pk, "name": "Floods", "more": "Ministry of Water"}],
        "places": [],
    }
    assert acts(row.pk) == [("given", "confirmed", topic.pk)]
    assert ask("answer", token=token).json()["status"] == "active", "a worker may post it twice"
    assert acts(row.pk) == [("given", "confirmed", topic.pk)]
    assert welcome_pending() == 0


def test_one_that_is_known_adds_and_ends_topics_without_another_welcome(topic, push_service):
    browser = listening(push_service, [topic])
    row = row_of(browser)
    assert row is not None

    more = tell(browser, emergencies=True)
    assert (more.status_code, more.json()["status"]) == (200, "active")
    assert [one["subject"] for one in more.json()["follows"]] == [EVERY_EMERGENCY, topic.pk]
    assert browser.messages == []
    left = ask("stop", subscription=described(browser), subject=topic.pk).json()
    assert [one["name"] for one in left["follows"]] == ["Every emergency alert"]
    gone = ask("stop", subscription=described(browser)).json()

    assert gone == {"status": "unknown", "follows": [], "places": []}
    assert acts(row.pk) == [
        ("given", "confirmed", topic.pk),
        ("given", "managed", EVERY_EMERGENCY),
        ("withdrawn", "managed", topic.pk),
        ("withdrawn", "managed", EVERY_EMERGENCY),
    ]
    assert not Browser.objects.exists()
    assert not BrowserSubscription.objects.exists()


def test_who_only_knows_the_endpoint_sees_and_changes_nothing(topic, push_service):
    browser = listening(push_service, [topic])
    thief = TestBrowser(browser.url)  # with keys of its own

    assert ask("state", subscription=described(thief)).json()["status"] == "unknown"
    assert ask("stop", subscription=described(thief)).json()["status"] == "unknown"
    assert tell(thief, "floods").status_code == 409
    assert ask("move", old=described(thief), subscription=described(push_service.browser())).status_code == 404
    assert ask("state", subscription=described(browser)).json()["status"] == "active"


def test_the_answer_of_another_browser_and_an_old_one_confirm_nothing(topic, push_service):
    browser = push_service.browser()
    tell(browser, "floods")
    token = welcomed(browser)

    for wrong in ("", "x", token[:-1], token + "A", "é", "A" * 5_000):
        assert ask("answer", token=wrong).status_code == 404
    Browser.objects.all().delete()
    assert ask("answer", token=token).status_code == 404


def test_a_server_that_is_no_browser_gets_one_message_that_it_can_not_read(topic, push_service):
    victim = push_service.browser()

    tell(victim, "floods")
    welcome_pending()
    for _ in range(3):
        assert welcome_pending() == 0
    assert (victim.attempts, Browser.objects.active().count()) == (1, 0)
    Browser.objects.update(asked_at=timezone.now() - timedelta(days=2))
    assert forget_outdated() == 1
    assert not BrowserConsent.objects.exists()


def test_hosts_at_which_no_browser_ever_answered_get_few_welcomes(topic, push_service):
    answers = [tell(push_service.browser(), "floods") for _ in range(WELCOMES_PER_UNKNOWN_HOST_AND_HOUR + 1)]

    assert [answer.status_code for answer in answers] == [202] * WELCOMES_PER_UNKNOWN_HOST_AND_HOUR + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert "Try again in" in answers[-1].json()["problem"]
    assert Browser.objects.count() == WELCOMES_PER_UNKNOWN_HOST_AND_HOUR


def test_one_network_address_can_not_bring_any_number(topic, push_service, settings):
    listening(push_service, [topic])  # so that the host is known
    settings.SIGN_UPS_PER_IP_AND_HOUR = 4

    statuses = [tell(push_service.browser(), "floods").status_code for _ in range(5)]

    assert statuses[-1] == 429


@pytest.mark.parametrize(
    "endpoint",
    ["http://push.example/x", "https://10.0.0.1/x", "https://[::1]/x", "https://push.example:22/x", "nonsense", "https://u:p@push.example/"],
)  # fmt: skip
def test_an_endpoint_that_we_never_call_is_refused_with_the_reason(topic, push_service, endpoint):
    browser = TestBrowser(endpoint)

    answer = tell(browser, "floods")

    assert answer.status_code == 422
    assert answer.json()["problem"]
    assert not Browser.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b'"x"', b"{", b"[" * 9_000, b"\xff", b'{"subscription": 5}',
        b'{"subscription": {"endpoint": 1}}',
        b'{"subscription": {"endpoint": "https://push.example/x", "keys": {}}}',
        b'{"subscription": {"endpoint": "https://push.example/x", "keys": {"p256dh": "AA", "auth": "AA"}}}',
        b'{"subscription": {"endpoint": "https://push.example/\\u0000", "keys": {"p256dh": "AA", "auth": "AA"}}}',
        b"x" * 20_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["tell", "state", "stop", "move"])
def test_what_is_no_question_is_refused_in_words(push_service, path, body):
    answer = Client().post(f"/push/{path}/", body, content_type="application/json")

    assert answer.status_code == 400
    assert "Load the page again" in answer.json()["problem"]


def test_a_form_of_another_site_asks_nothing(push_service):
    answer = Client().post("/push/tell/", '{"subscription": {}}', content_type="text/plain")

    assert answer.status_code == 400
    assert Client().get("/push/tell/").status_code == 405


def test_topics_that_are_internal_or_closed_are_not_told(push_service):
    agency = an_agency()
    a_topic(agency, "internal", is_public=False)
    a_topic(agency, "closed", closed_at=timezone.now())

    answer = tell(push_service.browser(), "internal", "closed", "unknown")

    assert (answer.status_code, answer.json()) == (409, {"problem": "Choose at least one topic."})


def test_a_browser_that_moves_keeps_what_it_follows(topic, push_service):
    old, new = listening(push_service, [topic], every_emergency=True), push_service.browser()
    before = row_of(old)
    assert before is not None

    moved = ask("move", old=described(old), subscription=described(new))
    assert (moved.status_code, moved.json()["status"]) == (202, "waiting")
    assert row_of(old) is not None, "until the new address has answered"
    ask("answer", token=welcomed(new))

    after = row_of(new)
    assert after is not None
    assert sorted(after.subscriptions.values_list("subject", flat=True)) == [EVERY_EMERGENCY, topic.pk]
    assert row_of(old) is None
    assert {way for _, way, _ in acts(before.pk)} == {"confirmed", "moved"}
    assert {way for _, way, _ in acts(after.pk)} == {"moved"}


def test_a_browser_chooses_places_as_people_do(topic, push_service):
    a_country()
    browser = listening(push_service, [topic])
    row = row_of(browser)
    assert row is not None

    found = ask("places", subscription=described(browser), place="mill").json()
    assert found == {
        "found": [
            {"code": "N-11", "name": "Milltown", "more": "Northshire, North"},
            {"code": "S-11", "name": "Milltown", "more": "Southshire, South"},
        ],
        "said": "",
    }
    assert not row.areas.exists()
    saved = ask("places", subscription=described(browser), area=["N-11", "S"]).json()
    assert saved["said"] == "Your places are saved."
    assert [one["code"] for one in saved["places"]] == ["N-11", "S"]
    assert saved["places"] == ask("state", subscription=described(browser)).json()["places"]
    again = ask("places", subscription=described(browser), area=["N-11"], place="mill").json()
    assert [one["code"] for one in again["found"]] == ["S-11"], "what is chosen is not offered again"

    none = ask("places", subscription=described(browser), area=[]).json()
    assert (none["places"], none["said"]) == ([], "You hear about every place now.")


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (["nowhere"], "“nowhere” is no place of the register: choose it anew."),
        ([f"N-{number}" for number in range(100)], "Choose at most 20 places, or some that they lie in."),
    ],
)
def test_places_that_can_not_be_chosen_change_nothing(topic, push_service, area, said):
    north = a_country()["N"]
    for number in range(100):
        Place.objects.get_or_create(code=f"N-{number}", defaults={"name": "Somewhere", "parent": north})
    browser = listening(push_service, [topic])
    row = row_of(browser)
    assert row is not None
    row.areas.add(north)

    refused = ask("places", subscription=described(browser), area=area)

    assert (refused.status_code, refused.json()) == (422, {"problem": said})
    assert [place.code for place in row.areas.all()] == ["N"]


@pytest.mark.parametrize("wrong", [{"area": "N"}, {"area": [1]}, {"place": 1}, {"place": "\x00"}, {"area": ["\ud800"]}])
def test_places_that_are_no_text_are_no_question(push_service, topic, wrong):
    answer = ask("places", subscription=described(listening(push_service, [topic])), **wrong)

    assert answer.status_code == 400


def test_the_places_of_a_browser_are_its_own_and_move_and_end_with_it(topic, push_service):
    places = a_country()
    old, new = listening(push_service, [topic]), push_service.browser()
    ask("places", subscription=described(old), area=["N-11"])
    thief = ask("places", subscription=described(TestBrowser(old.url)), area=["S"]).json()
    assert thief == {"status": "unknown", "follows": [], "places": []}

    ask("move", old=described(old), subscription=described(new))
    ask("answer", token=welcomed(new))

    after = row_of(new)
    assert after is not None
    assert list(BrowserArea.objects.values_list("browser", "place")) == [(after.pk, places["N-11"].pk)]
    ask("stop", subscription=described(new))
    assert not BrowserArea.objects.exists()


def test_a_key_that_is_no_longer_ours_makes_the_browser_ask_anew(topic, push_service, settings):
    listening(push_service, [topic])
    other = VapidKeys([new_key()], settings.VAPID_CONTACT).public_key

    answer = tell(push_service.browser(other), "floods")

    assert answer.status_code == 409
    assert "old key" in answer.json()["problem"]


def test_a_welcome_that_can_not_be_delivered_is_tried_a_few_times(topic, push_service):
    browser, gone = push_service.browser(), push_service.browser()
    browser.answers, gone.answers = [(503, {})] * TRIES, [(410, {})]
    tell(browser, "floods")
    tell(gone, "floods")

    for _ in range(TRIES + 1):
        welcome_pending()
        Browser.objects.update(welcome_at=timezone.now() - timedelta(minutes=5))

    assert (browser.attempts, gone.attempts) == (TRIES, 1)
    assert not Browser.objects.exists()


def test_a_browsers_own_time_is_over(topic, push_service):
    browser = listening(push_service, [topic])
    Browser.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert forget_outdated() == 1
    assert row_of(browser) is None
    assert BrowserConsent.objects.filter(act="withdrawn", way="expired").count() == 1


def test_what_is_kept_of_a_browser_says_nothing_that_opens_its_messages(topic, push_service):
    browser = listening(push_service, [topic])

    kept = Browser.objects.values().get()

    for secret in (browser.subscription()["keys"]["auth"], browser.subscription()["keys"]["p256dh"]):
        assert secret not in str(kept)


def test_without_a_key_no_page_offers_it_and_none_is_taken(topic, settings):
    settings.VAPID_KEYS = []
    for made in (vapid, push_guard):
        made.cache_clear()
    for page in ("/topics/floods/", "/alerts/", "/push/", "/subscribe/?topic=floods"):
        text = Client().get(page).content.decode()
        assert "push.js" not in text, page
    assert "not offered here" in Client().get("/push/").content.decode()


def test_with_a_key_the_pages_have_the_button_hidden_until_the_script_shows_it(topic, push_service):
    for page in ("/topics/floods/", "/alerts/", "/push/", "/subscribe/?topic=floods"):
        text = Client().get(page).content.decode()
        assert "push.js" in text, page
        assert 'data-push data-topics="' in text, page
    assert "public" in Client().get("/topics/floods/")["Cache-Control"]


def test_the_service_worker_has_one_address_and_is_always_asked_for(push_service):
    answer = Client().get("/push/worker.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert b"showNotification" in answer.content


def test_a_key_is_made_by_a_command_and_works(capsys, settings):
    call_command("vapid_key")
    said = capsys.readouterr()
    name, _, key = said.out.strip().partition("=")

    assert name == "VAPID_KEYS"
    assert VapidKeys([key], settings.VAPID_CONTACT).public_key in said.err
