"""The push service's side of the receiver: it takes messages for the demo's browsers, and shows what they say."""

from aiohttp import web

from govnotify.demo.receiver import push_page
from govnotify.demo.receiver.browser import DemoBrowser, NotOurs
from govnotify.demo.receiver.screens import Screens
from govnotify.demo.receiver.statement import BadStatement, sender

NAME = "{name:[A-Za-z0-9_-]{1,64}}"


class PushSite:
    """`routes`: POST /push/NAME, PUT /browsers/NAME and its answer for the demo, GET /browsers/ for people."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._browsers: dict[str, tuple[DemoBrowser, str]] = {}  # and the key whose messages it takes
        self._answers: dict[str, str] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.put(f"/browsers/{NAME}", self.browser),
            web.get(f"/browsers/{NAME}/answer", self.answer),
            web.post(f"/push/{NAME}", self.push),
            web.get("/browsers/", self.page),
        ]

    async def browser(self, request: web.Request) -> web.Response:
        """Take a browser in: its secret, and on a second line the key of the platform's that it allows."""
        secret, _, allowed = (await request.read()).decode("ascii", "replace").partition("\n")
        try:
            self._browsers[request.match_info["name"]] = DemoBrowser(secret), allowed.strip()
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.Response(status=204)

    async def answer(self, request: web.Request) -> web.Response:
        """What this browser's service worker answers the welcome with; 404 before there was one."""
        answer = self._answers.get(request.match_info["name"])
        if answer is None:
            raise web.HTTPNotFound(text="No welcome has come.")
        return web.Response(text=answer)

    async def push(self, request: web.Request) -> web.Response:
        """One message: 201 when it is believed and can be read, else 410, 403 or 400 and why."""
        name = request.match_info["name"]
        if name not in self._browsers:
            raise web.HTTPGone(text=f"No browser of the name {name} has subscribed.")
        browser, allowed = self._browsers[name]
        try:
            key = sender(request.headers.get("authorization", ""), str(request.url.origin()))
            if key != allowed:
                raise BadStatement("Another key than the one that the browser has allowed")
            said = browser.read(await request.read())
        except BadStatement as error:
            self._screens.refuse(name, "sender")
            raise web.HTTPForbidden(text=str(error)) from None
        except NotOurs as error:
            self._screens.refuse(name, "message")
            raise web.HTTPBadRequest(text=str(error)) from None
        if isinstance(answer := said.get("answer"), str):
            self._answers[name] = answer
        self._screens.show(name, said)
        return web.Response(status=201, headers={"Location": f"/push/{name}/{said['tag']}"})

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text=push_page.html(self._screens), content_type="text/html")
