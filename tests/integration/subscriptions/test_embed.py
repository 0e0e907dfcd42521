"""An agency's form on its own site: taken without cookies, from anywhere, and good for one confirmation mail."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from time_machine import TimeMachineFixture

from agencies.models import Agency
from subscriptions.models import Frequency, OutboxMessage, SignUp, Source, Subscriber, Topic
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, ask
from tests.integration.subscriptions.followers import ENOUGH, all_counted, people

SITE = "https://www.water.example"
PAGE, POST = "/embed/water/", "/embed/water/subscribe/"
DONE = "/embed/water/check-your-mail/?topic=floods"


@pytest.fixture(autouse=True)
def _site(town: Town) -> None:
    Agency.objects.filter(pk=town.water.pk).update(embed_sites=[SITE])


@pytest.fixture
def browser() -> Client:
    """One that would be refused where a CSRF token is asked for."""
    return Client(enforce_csrf_checks=True)


def a_form(**fields: Any) -> dict[str, Any]:
    return {"topic": "floods", "email": CARLA, "website": ""} | fields


def sent(browser: Client, *, origin: str = SITE, **fields: Any) -> Any:
    """As a browser posts the form that stands in a page of this origin."""
    return browser.post(POST, a_form(**fields), headers={"Origin": origin})


def test_a_form_on_the_agency_s_site_asks_for_one_mail(town: Town, browser: Client) -> None:
    answer = sent(browser, topic=["floods", "drought"], lang="uk", frequency="weekly")
    assert answer.status_code == 302
    request = SignUp.objects.get()
    assert request.choices == {str(town.floods.pk): "weekly", str(town.drought.pk): "weekly"}
    assert (request.language, request.page) == ("uk", f"{POST} {SITE}")
    source = Source.objects.get()
    assert (source.kind, source.site) == (Source.Kind.EMBED, SITE)
    assert set(request.sources.values()) == {source.pk}
    assert OutboxMessage.objects.get().kind == OutboxMessage.Kind.CONFIRM


def test_no_cookie_is_set_whatever_is_asked(town: Town, browser: Client) -> None:
    browser.get(f"{PAGE}?topics=floods")
    sent(browser)
    sent(browser, email="nonsense")
    browser.get(DONE)
    assert not browser.cookies


def test_nor_is_one_read(town: Town, browser: Client) -> None:
    """Who is signed in elsewhere gets the mail as everybody does."""
    browser.cookies["sessionid"] = "planted"
    browser.cookies["csrftoken"] = "planted"
    assert sent(browser).status_code == 302
    assert OutboxMessage.objects.count() == 1


def test_the_answer_is_the_same_for_known_unknown_and_ended_addresses_and_robots(town: Town) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE)
    a_subscriber("former@example.org")
    Subscriber.objects.filter(email="former@example.org").update(status=Subscriber.Status.ENDED)
    answers = set()
    for email, website in ((CARLA, ""), ("former@example.org", ""), ("stranger@example.org", ""), (CARLA, "spam")):
        browser = Client()
        answer = sent(browser, email=email, website=website)
        headers = tuple(sorted((name, value) for name, value in answer.items() if name != "Expires"))
        page = browser.get(answer["Location"]).content
        answers.add((answer.status_code, answer.content, headers, page))
    assert len(answers) == 1


def test_a_robot_in_the_hidden_field_leaves_nothing(town: Town, browser: Client) -> None:
    assert sent(browser, website="https://spam.example")["Location"].startswith(DONE)
    assert not Subscriber.objects.exists()


def test_from_anywhere_else_it_takes_a_second_press(
    town: Town, browser: Client, time_machine: TimeMachineFixture
) -> None:
    for origin in ("https://elsewhere.example", "null", "", "https://www.water.example.evil.example", "http://["):
        assert sent(browser, origin=origin).status_code == 422
    answer = sent(browser, origin="null")
    assert "press the button once more" in answer.content.decode()
    assert not Subscriber.objects.exists()
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    again = sent(browser, origin="null", started=answer.context["form"].clock)
    assert again.status_code == 302
    assert Source.objects.get().site == ""


def test_our_frame_s_form_has_a_clock_without_a_session(
    town: Town, browser: Client, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(timezone.now(), tick=False)  # no page is slow
    page = browser.get(PAGE, headers={"Referer": f"{SITE}/news/"})
    form = {"started": page.context["form"].clock, "site": page.context["site"]}
    assert sent(browser, origin="http://testserver", **form).status_code == 422
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    assert sent(browser, origin="http://testserver", **form).status_code == 302
    assert Source.objects.get().site == SITE


def test_a_made_up_site_is_not_counted(town: Town, browser: Client) -> None:
    sent(browser, site="https://made-up.example", origin=SITE)
    assert Source.objects.get().site == SITE


@pytest.mark.parametrize("topic", ["roads", "duty-roster", "nonsense", "closed", "floods\x00", ""])
def test_topics_of_others_and_closed_internal_and_unknown_ones_are_refused(
    town: Town, browser: Client, topic: str
) -> None:
    Topic.objects.create(agency=town.water, slug="closed", name="Closed", closed_at=timezone.now())
    answer = sent(browser, topic=["floods", topic])
    assert answer.status_code == 422
    assert "Look at your choice" in answer.content.decode()
    assert 'value="floods" id="topic-' in answer.content.decode()
    assert not Subscriber.objects.exists()


def test_without_a_topic_or_with_a_bad_address_the_form_comes_back_as_it_was(town: Town, browser: Client) -> None:
    answer = browser.post(POST, {"email": CARLA}, headers={"Origin": SITE})
    assert answer.status_code == 422
    assert '<a href="#topics">Choose at least one topic.</a>' in answer.content.decode()
    assert '<fieldset class="field field--error" id="topics">' in answer.content.decode()
    answer = sent(browser, email="carla@nowhere", lang="fr", only="drought,floods")
    text = answer.content.decode()
    assert "ne peut pas recevoir de courriels" in text
    assert 'value="carla@nowhere"' in text
    assert 'name="lang" value="fr"' in text
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("agency", ["nobody", "brook/../water"])
@pytest.mark.parametrize("page", ["", "subscribe/", "check-your-mail/"])
def test_an_unknown_agency_is_not_found(browser: Client, agency: str, page: str) -> None:
    ways = (browser.post,) if page == "subscribe/" else (browser.get,)
    assert [way(f"/embed/{agency}/{page}").status_code for way in ways] == [404]


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml", ""])
def test_what_is_no_form_is_not_read(town: Town, browser: Client, kind: str) -> None:
    answer = browser.generic("POST", POST, b'{"email": "carla@example.org"}', content_type=kind)
    assert answer.status_code == 415
    assert not Subscriber.objects.exists()


def test_a_huge_form_is_not_read(town: Town, browser: Client) -> None:
    for size in (21_000, 3_000_000):
        assert sent(browser, filler="x" * size).status_code == 413
    assert (
        browser.generic(
            "POST", POST, b"x", content_type="application/x-www-form-urlencoded", CONTENT_LENGTH="-1"
        ).status_code
        == 413
    )
    assert not Subscriber.objects.exists()


def test_a_multipart_form_is_taken_and_a_broken_one_is_not(town: Town, browser: Client) -> None:
    assert sent(browser).status_code == 302  # Django's client sends multipart
    broken = browser.generic("POST", POST, b"--x", content_type="multipart/form-data", headers={"Origin": SITE})
    assert broken.status_code == 400


def test_values_of_forms_copied_wrongly_fall_back(town: Town, browser: Client) -> None:
    Agency.objects.filter(pk=town.water.pk).update(default_language="es")
    sent(browser, lang="xx", frequency="hourly")
    request = SignUp.objects.get()
    assert (request.language, request.choices) == ("es", {str(town.floods.pk): "immediate"})


def test_the_mail_is_in_the_language_in_which_the_form_was_read_unless_the_form_says_another(
    town: Town, browser: Client
) -> None:
    browser.post(POST, a_form(), headers={"Origin": SITE, "Accept-Language": "ro"})
    assert SignUp.objects.get().language == "ro"


def test_limits_hold_for_the_network(town: Town, browser: Client, settings: Settings) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 1
    sent(browser)
    answer = sent(browser, email="other@example.org")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Try again in" in answer.content.decode()


def test_limits_hold_for_the_address_whichever_form_asks(town: Town, browser: Client, settings: Settings) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 1_000
    ask(town.drought)
    for _ in range(5):
        assert sent(browser).status_code == 302
    assert OutboxMessage.objects.count() == 1


def test_limits_hold_for_the_mail_domain(town: Town, browser: Client, settings: Settings) -> None:
    settings.SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR = 2
    statuses = [sent(browser, email=f"{number}@embed-domain.example").status_code for number in range(3)]
    assert statuses == [302, 302, 429]


def test_the_link_back_leads_to_the_agency_s_sites_and_nowhere_else(town: Town, browser: Client) -> None:
    for back, leads in (
        (f"{SITE}/news/?a=1", f"{SITE}/news/?a=1"),
        ("https://evil.example/", ""),
        ("javascript:alert(1)", ""),
        ("//evil.example", ""),
        (f"{SITE}@evil.example/", ""),
        (f"{SITE}.evil.example/", ""),
        (f"https://evil.example\\@{SITE[8:]}/", ""),
        (f"{SITE}/" + "x" * 600, ""),
        ("https://[/", ""),
    ):
        text = browser.get(DONE, {"topic": "floods", "back": back}).content.decode()
        assert ("Back to where you were" in text, f'href="{leads}"' in text) == (bool(leads), bool(leads)), back
    assert "back=https%3A%2F%2Fwww.water.example%2F" in sent(browser)["Location"]
    assert "evil" not in sent(browser, back="https://evil.example/")["Location"]


def test_the_page_offers_what_is_asked_for_among_the_agency_s_public_topics(town: Town, browser: Client) -> None:
    text = browser.get(PAGE).content.decode()
    assert [name in text for name in ("Flood warnings", "Drought notices", "Duty roster", "Road works")] == [
        True, True, False, False
    ]  # fmt: skip
    text = browser.get(f"{PAGE}?topics=drought,roads,duty-roster,%00").content.decode()
    assert ('type="hidden" name="topic" value="drought"' in text, "Flood warnings" in text) == (True, False)
    assert "nothing to subscribe to" in browser.get(f"{PAGE}?topics=gone").content.decode()


def test_the_answer_suggests_by_the_form_s_topics_in_a_window_of_its_own(town: Town, browser: Client) -> None:
    people(ENOUGH, town.floods, town.roads)
    all_counted()
    text = browser.get(DONE).content.decode()
    assert 'name="suggested" value="roads"' in text
    assert 'target="_top"' in text


def test_its_pages_take_the_same_few_queries_however_many_topics_there_are(
    town: Town, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        Topic.objects.create(agency=town.water, slug=f"more-{number}", name=f"More {number}")
    for path in (PAGE, DONE):
        with django_assert_max_num_queries(4):
            browser.get(path)


def framing(answer: Any) -> tuple[str, str | None]:
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    return policy["frame-ancestors"], answer.headers.get("X-Frame-Options")


def test_only_the_agency_s_sites_may_frame_its_pages(town: Town, browser: Client) -> None:
    wrong_type = browser.generic("POST", POST, b"{}", content_type="application/json")
    for answer in (browser.get(PAGE), sent(browser, email=""), browser.get(DONE), wrong_type):
        assert framing(answer) == (SITE, None)
    for answer in (browser.get("/embed/brook/"), browser.get("/embed/brook/check-your-mail/")):
        assert framing(answer) == ("'none'", "DENY")


def test_its_pages_have_no_script_and_the_rest_of_the_policy_is_everybody_s(town: Town, browser: Client) -> None:
    ours, theirs = (browser.get(page)["Content-Security-Policy"].split("; ") for page in ("/", PAGE))
    assert {part for part in ours if not part.startswith("frame-ancestors")} == {
        part for part in theirs if not part.startswith("frame-ancestors")
    }
    assert "<script" not in browser.get(PAGE).content.decode()
