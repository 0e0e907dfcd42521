"""Open pages that keep themselves up to date: what is new appears, is announced, and moves nobody's focus."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from alerts.models import Alert, Bulletin
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town, a_bulletin, an_alert

pytestmark = pytest.mark.django_db(transaction=True)
LONGER_THAN_ANY_PAUSE = 31_000  # ms
LOOK = 50  # ms
PATIENCE = 1_200  # looks
# What the page asks for by itself: how often, how many answers it has had to the end, and the status of the last.
COUNT_WHAT_IS_ASKED = """
window.asked = window.read = window.lastStatus = 0;
const ask = window.fetch;
window.fetch = async (...what) => {
  window.asked += 1;
  try {
    const answer = await ask(...what);
    answer.clone().text().finally(() => { window.lastStatus = answer.status; window.read += 1; });
    return answer;
  } catch (error) {
    window.read += 1;
    throw error;
  }
};
"""


@pytest.fixture
def town() -> Town:
    return cast.a_town()


class Window:
    """A browser's window whose clock the test moves on, and the answers that it got."""

    def __init__(self, page: Page, server: str) -> None:
        self.page, self.server = page, server
        self.answers: list[int] = []
        self.faults: list[str] = []
        page.on("response", lambda answer: self.answers.append(answer.status))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.clock.install()
        page.add_init_script(COUNT_WHAT_IS_ASKED)

    def open(self, path: str) -> None:
        self.page.goto(self.server + path)
        self.answers.clear()

    def wait(self) -> int:
        """Until the page has asked once more and read the answer; its status.

        The clock goes on until the page's alarm rings, which it sets when it has read the last answer. While it asks
        the clock stands still: else the time that it gives the server would be over.
        """
        self._until("asked == read")
        asked = self.page.evaluate("asked")
        while self.page.evaluate("asked") == asked:
            self.page.clock.fast_forward(LONGER_THAN_ANY_PAUSE)
        self._until("asked == read")
        return int(self.page.evaluate("lastStatus"))

    def _until(self, condition: str) -> None:
        for _ in range(PATIENCE):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(LOOK)
        raise AssertionError(f"never: {condition}")


@pytest.fixture
def window(browser: Browser, live_server: LiveServer) -> Iterator[Window]:
    context = browser.new_context()
    opened = Window(context.new_page(), live_server.url)
    yield opened
    context.close()
    said_by_the_browser = ("the server responded with a status of", "ERR_INTERNET_DISCONNECTED")
    assert [fault for fault in opened.faults if not any(words in fault for words in said_by_the_browser)] == []


def test_a_new_alert_appears_and_is_announced_without_a_click(window: Window, town: Town) -> None:
    window.open("/alerts/")
    news = window.page.get_by_role("status")
    expect(news).to_be_empty()
    an_alert(town.floods, title="Dam in danger")
    assert window.wait() == 200
    expect(window.page.get_by_role("link", name="Dam in danger")).to_be_visible()
    expect(news).to_have_text("This page has just changed. Dam in danger")


def test_while_nothing_changes_the_server_says_so_in_no_bytes_and_nothing_is_announced(
    window: Window, town: Town
) -> None:
    an_alert(town.floods, title="Dam in danger")
    window.open("/alerts/")
    assert [window.wait() for _ in range(3)] == [200, 304, 304]  # the first brings the tag to ask with
    expect(window.page.get_by_role("status")).to_be_empty()


def test_the_focus_stays_where_it_is(window: Window, town: Town) -> None:
    an_alert(town.floods, title="First alert")
    window.open("/alerts/")
    window.page.get_by_role("link", name="First alert").focus()
    an_alert(town.roads, title="Second alert")
    window.wait()
    expect(window.page.get_by_role("link", name="Second alert")).to_be_visible()
    expect(window.page.get_by_role("link", name="First alert")).to_be_focused()


def test_the_focus_outside_of_what_changes_is_left_alone(window: Window, town: Town) -> None:
    window.open("/alerts/")
    link = window.page.get_by_role("link", name="My subscriptions")
    link.focus()
    an_alert(town.floods, title="Dam in danger")
    window.wait()
    expect(window.page.get_by_role("link", name="Dam in danger")).to_be_visible()
    expect(link).to_be_focused()


def test_an_open_bulletin_says_that_it_was_corrected(window: Window, town: Town) -> None:
    bulletin = a_bulletin(town.floods)
    window.open(bulletin.get_absolute_url())
    correction = a_bulletin(town.floods, corrects=bulletin, texts={"en": "River falling\nIt is over."})
    window.wait()
    expect(window.page.get_by_role("link", name="Read the correction")).to_have_attribute(
        "href", correction.get_absolute_url()
    )
    expect(window.page.get_by_role("status")).to_contain_text("This was corrected.")


def test_an_open_bulletin_that_is_withdrawn_goes_from_the_screen(window: Window, town: Town) -> None:
    bulletin = a_bulletin(town.floods)
    window.open(bulletin.get_absolute_url())
    Bulletin.objects.filter(pk=bulletin.pk).update(status="withdrawn", withdrawn_at=timezone.now())
    assert window.wait() == 410
    expect(window.page.get_by_role("heading", name="This bulletin was withdrawn")).to_be_visible()
    expect(window.page.get_by_text("3 m on Friday")).to_have_count(0)
    expect(window.page).to_have_title("This bulletin was withdrawn – govnotify")


def test_an_open_alert_says_that_it_was_cancelled(window: Window, town: Town) -> None:
    alert = an_alert(town.floods)
    window.open(f"/bulletins/{alert.pk}/")
    references = [[alert.sender, alert.identifier, alert.sent.isoformat()]]
    an_alert(town.floods, title="All clear", msg_type=Alert.MsgType.CANCEL, references=references)
    window.wait()
    expect(window.page.get_by_role("status")).to_contain_text("This alert was cancelled.")


def test_a_server_that_is_away_is_asked_again_later(window: Window, town: Town) -> None:
    window.open("/alerts/")
    window.page.context.set_offline(True)
    with window.page.expect_event("requestfailed"):
        window.page.clock.fast_forward(LONGER_THAN_ANY_PAUSE)
    window.page.context.set_offline(False)
    an_alert(town.floods, title="Dam in danger")
    window.wait()
    expect(window.page.get_by_role("link", name="Dam in danger")).to_be_visible()


def test_without_a_script_the_page_is_the_page(browser: Browser, live_server: LiveServer, town: Town) -> None:
    context = browser.new_context(java_script_enabled=False)
    an_alert(town.floods, title="Dam in danger")
    page = context.new_page()
    page.goto(f"{live_server.url}/alerts/")
    expect(page.get_by_role("link", name="Dam in danger")).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(0)
    context.close()
