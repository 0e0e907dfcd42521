"""Opens what a shot is of, in the window of the person who looks at it."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.gallery.shots import Shot, Who
from tests.browser.gallery.world import NEWCOMER, World
from tests.browser.visit import PHONE, Visit

PATIENCE = 30_000.0  # ms for a page or a button, beside whatever else the machine does


class NoPage(Exception):  # noqa: N818  named as what happened
    """What a shot names is not there to be looked at."""


class Windows:
    """One for each person and language, as a phone in daylight; whoever looks may change that.

    `scripts` are by language, and there on every page before the page's own.
    """

    def __init__(self, browser: Browser, server: str, world: World, scripts: Mapping[str, str] | None = None) -> None:
        self.browser, self.server, self.world, self.scripts = browser, server, world, scripts or {}
        self._open: dict[tuple[Who, str], Visit] = {}

    def visit(self, language: str, who: Who = Who.ANYBODY) -> Visit:
        """An empty page in the person's window; nobody's window never remembers what a page left behind in it.

        The page is the same each time: a new one takes as long as all that is loaded into it.
        """
        if (who, language) not in self._open:
            self._open[who, language] = self._enter(who, language)
        visit = self._open[who, language]
        visit.page.goto("about:blank")  # what the last page still asks for is not the next one's fault
        visit.page.emulate_media(color_scheme="light")
        visit.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        if who is Who.ANYBODY:
            visit.page.context.clear_cookies()
        return visit

    def show(self, visit: Visit, shot: Shot) -> None:
        """Open the shot's address, and do what is done there. Raises NoPage, also where only other pages were seen."""
        page = visit.page
        answer = visit.open(reverse(shot.route, kwargs=dict(shot.about(self.world))) + shot.query)
        if answer is None or answer.status == 500:
            raise NoPage(f"the server failed at {page.url}")
        came_to = {self._route(page)}
        if shot.act is not None:
            shot.act(page)
            page.wait_for_load_state()
            came_to.add(self._route(page))
        if shot.route not in came_to:
            raise NoPage(f"{shot.route} led to {page.url}")

    def close(self) -> None:
        for visit in self._open.values():
            visit.page.context.close()

    def _route(self, page: Page) -> str | None:
        """The name of the route that the page has come to."""
        try:
            return resolve(urlsplit(page.url).path).url_name
        except Resolver404:
            return None

    def _enter(self, who: Who, language: str) -> Visit:
        window = self._new(language)
        page = window.new_page()
        page.set_default_timeout(PATIENCE)
        if who is Who.CITIZEN:
            page.goto(f"{self.server}{reverse('me_open', args=[self.world.sign_in_token()])}")
            page.locator("main form button").click()
            page.wait_for_url(f"{self.server}{reverse('me')}")
            # The sign-in brought the person's own language; what is looked at is in each.
            window.add_cookies([{"name": "language", "value": language, "url": self.server}])
        elif who is not Who.ANYBODY:
            email = NEWCOMER if who is Who.NEWCOMER else f"{who}@staff.tarnmark.example"
            window.add_cookies([{"name": "sessionid", "value": self.world.cookies(email), "url": self.server}])
        return Visit(page, self.server)

    def _new(self, language: str) -> BrowserContext:
        """Without transitions, which would show one colour on its way to another."""
        size = {"width": PHONE[0], "height": PHONE[1]}
        window = self.browser.new_context(locale=language, reduced_motion="reduce", viewport=size)  # type: ignore[arg-type]
        if language in self.scripts:
            window.add_init_script(self.scripts[language])
        return window
