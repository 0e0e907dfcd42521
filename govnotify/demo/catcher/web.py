"""The catcher's web side: pages for people, /status for the demo."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from govnotify.demo.catcher import pages
from govnotify.demo.catcher.city import city_page
from govnotify.demo.catcher.ledger import Ledger
from govnotify.demo.catcher.store import Mail, MailStore

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'"
)
# A mail is somebody else's HTML: no script, no form, no cookie of ours; links open in a new tab.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
    " img-src https: data:; frame-ancestors 'self'"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(store: MailStore, ledger: Ledger, platform: str = "") -> web.Application:
    """Routes: / (list), /mails/N, /mails/N/html, /mails/N/source, /status, /status/CAMPAIGN, /style.css.

    Where it is told of a platform, by its address, also /city/, the site of one of its agencies.
    """
    site = Site(store, ledger)
    app = web.Application(middlewares=[loopback_names_only])
    app.add_routes(
        [
            web.get("/", site.list),
            web.get(r"/mails/{number:\d{1,12}}", site.mail),
            web.get(r"/mails/{number:\d{1,12}}/html", site.html),
            web.get(r"/mails/{number:\d{1,12}}/source", site.source),
            web.get("/status", site.status),
            web.get("/status/{campaign}", site.campaign),
            web.get("/style.css", site.style),
        ]
    )
    if platform:

        async def city(request: web.Request) -> web.Response:
            return city_page(request, platform)

        app.router.add_get("/city/", city)
    return app


@web.middleware
async def loopback_names_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other host names: a page elsewhere could point its own name at 127.0.0.1 and read the mails."""
    if (request.url.host or "") not in {"127.0.0.1", "localhost"}:
        raise web.HTTPForbidden(text="This page is served to http://127.0.0.1 and http://localhost only.")
    response = await handler(request)
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response


class Site:
    def __init__(self, store: MailStore, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    async def list(self, request: web.Request) -> web.Response:
        to = request.query.get("to", "").strip()
        page = request.query.get("page", "1")
        number = max(int(page), 1) if page.isdecimal() and len(page) < 9 else 1
        mails = self._store.newest(to=to, skip=(number - 1) * pages.PER_PAGE, limit=pages.PER_PAGE + 1)
        return _html(pages.list_page(mails, to=to, page=number, kept=len(self._store)))

    async def mail(self, request: web.Request) -> web.Response:
        mail = self._wanted(request)
        return _html(pages.mail_page(mail, self._store.read(mail)))

    async def html(self, request: web.Request) -> web.Response:
        part = pages.html_part(self._store.read(self._wanted(request)))
        if part is None:
            raise _missing("This mail has no HTML part.")
        response = _html(part)
        response.headers["Content-Security-Policy"] = MAIL_POLICY
        return response

    async def source(self, request: web.Request) -> web.Response:
        content = self._store.read(self._wanted(request))
        return web.Response(body=content, headers={"Content-Type": "text/plain; charset=utf-8"})

    async def status(self, request: web.Request) -> web.Response:
        return web.json_response({**self._ledger.summary(), "kept": len(self._store)})

    async def campaign(self, request: web.Request) -> web.Response:
        found = self._ledger.campaign(request.match_info["campaign"])
        if found is None:
            raise web.HTTPNotFound(text="No mail of this campaign came since the catcher was started.")
        return web.json_response(found)

    async def style(self, request: web.Request) -> web.Response:
        return web.Response(text=pages.STYLE, content_type="text/css")

    def _wanted(self, request: web.Request) -> Mail:
        mail = self._store.get(int(request.match_info["number"]))
        if mail is None:
            raise _missing("There is no such mail: it was never caught, or it made room for newer ones.")
        return mail


def _missing(words: str) -> web.HTTPNotFound:
    return web.HTTPNotFound(text=pages.missing_page(words), content_type="text/html")


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")
