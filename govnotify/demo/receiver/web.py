"""The receiver's web side: hooks for the platform, secrets and /status for the demo, pages for people."""

import json
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from aiohttp import web

from channels.webhook.payload import EventType
from channels.webhook.signing import (
    HEADER_ID,
    BadSecret,
    BadSignature,
    check_secret,
    verify,
)
from govnotify.demo.receiver import page
from govnotify.demo.receiver.ledger import Ledger, Verdict
from govnotify.demo.receiver.push_site import PushSite
from govnotify.demo.receiver.screens import Screens

PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
BODY_OCTETS = 100_000  # five times what the platform sends at most
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(ledger: Ledger, screens: Screens) -> web.Application:
    """Routes: POST /hooks/NAME, PUT /secrets/NAME, GET /status, / and /style.css, and those of PushSite."""
    site = Site(ledger, screens)
    app = web.Application(middlewares=[loopback_only], client_max_size=BODY_OCTETS)
    app.add_routes(
        [
            web.post("/hooks/{name:[A-Za-z0-9_-]{1,64}}", site.hook),
            web.put("/secrets/{name:[A-Za-z0-9_-]{1,64}}", site.secret),
            web.get("/status", site.status),
            web.get("/", site.page),
            web.get("/style.css", site.style),
            *PushSite(screens).routes(),
        ]
    )
    return app


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other machines, and other host names, which a page elsewhere could point at 127.0.0.1."""
    if not ip_address(request.remote or "0.0.0.0").is_loopback:  # noqa: S104  only compared
        raise web.HTTPForbidden(text="The demo's receiver serves its own machine only.")
    if (request.url.host or "") not in {"127.0.0.1", "localhost"}:
        raise web.HTTPForbidden(text="The demo's receiver answers as 127.0.0.1 and localhost only.")
    response = await handler(request)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


class Site:
    def __init__(self, ledger: Ledger, screens: Screens) -> None:
        self._ledger = ledger
        self._screens = screens
        self._secrets: dict[str, str] = {}

    async def hook(self, request: web.Request) -> web.Response:
        """One webhook: 200 when it is believed, with the echo of a challenge; else 400 or 401 and why."""
        name, message_id = request.match_info["name"], request.headers.get(HEADER_ID, "")[:200]
        body = await request.read()
        kind, data = _read(body)
        secret = self._secrets.get(name)
        if secret is not None:
            try:
                verify([secret], request.headers, body)
            except BadSignature as error:
                self._ledger.refuse(name, message_id, kind, Verdict.BAD_SIGNATURE)
                raise web.HTTPUnauthorized(text=str(error)) from None
        # An endpoint may be challenged before anybody could bring its secret here.
        if kind == EventType.ENDPOINT_VERIFICATION:
            self._ledger.refuse(name, message_id, kind, Verdict.CHALLENGE)
            return web.json_response({"challenge": data.get("challenge")})
        if secret is None:
            self._ledger.refuse(name, message_id, kind, Verdict.UNVERIFIABLE)
            raise web.HTTPUnauthorized(text=f"No secret is known for {name}: PUT it to /secrets/{name}")
        if not kind:
            self._ledger.refuse(name, message_id, kind, Verdict.NOT_AN_EVENT)
            raise web.HTTPBadRequest(text="The body is not JSON with a type and data.")
        self._ledger.deliver(name, message_id, kind)
        return web.Response(text="received")

    async def secret(self, request: web.Request) -> web.Response:
        """Take the secret that this endpoint's webhooks are signed with, in place of any before."""
        secret = (await request.read()).decode("utf-8", "replace").strip()
        try:
            check_secret(secret)
        except BadSecret as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        self._secrets[request.match_info["name"]] = secret
        return web.Response(status=204)

    async def status(self, _request: web.Request) -> web.Response:
        return web.json_response(summary(self._ledger, self._screens))

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text=page.html(self._ledger), content_type="text/html")

    async def style(self, _request: web.Request) -> web.Response:
        return web.Response(text=page.STYLE, content_type="text/css")


def summary(ledger: Ledger, screens: Screens) -> dict[str, object]:
    """The content of /status."""
    return ledger.summary() | {"browsers": screens.summary()}


def _read(body: bytes) -> tuple[str, dict[str, object]]:
    """The event's type and data; an empty type when the body is no event."""
    try:
        event = json.loads(body)
        kind, data = event["type"], event["data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", {}
    if not isinstance(kind, str) or not isinstance(data, dict):
        return "", {}
    return kind[:60], data
