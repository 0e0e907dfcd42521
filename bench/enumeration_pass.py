"""The measurements of the enumeration benchmark, run inside Django."""

import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from signal import SIGTERM
from typing import Any, NamedTuple
from urllib.parse import urlencode

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from agencies.models import Agency  # noqa: E402
from bench.people import a_topic, follow  # noqa: E402
from bench.ranks import mann_whitney  # noqa: E402
from bench.servers import Servers, wait_for  # noqa: E402
from govnotify.embedded import Child, free_port  # noqa: E402
from govnotify.processes import web  # noqa: E402
from subscriptions.address_key import address_key  # noqa: E402
from subscriptions.erasing import erase  # noqa: E402
from subscriptions.models import Frequency, Subscriber, Topic  # noqa: E402
from subscriptions.signing_in import request_sign_in  # noqa: E402
from subscriptions.signing_up import sign_up  # noqa: E402
from subscriptions.suppressing import suppress  # noqa: E402

KINDS = ("known", "unknown", "pending", "suppressed", "erased")
SITE = "https://www.water.example"
MANY = 1_000_000
LIMITS = {
    "SIGN_UPS_PER_IP_AND_HOUR": str(MANY),
    "SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR": str(MANY),
    "MINIMUM_FILL_SECONDS": "0",
    "BEHIND_PROXY": "1",
}


class Request(NamedTuple):
    kind: str
    email: str


class Form:
    """A page's form as a browser sends it. A new one is opened for every few, as each is good for some only."""

    def __init__(self, name: str, topic: Topic, port: int) -> None:
        self.name, self.topic, self.port = name, topic, port
        self._own = threading.local()

    def send(self, request: Request) -> float:
        """Milliseconds until the whole answer is there. RuntimeError for a status that says it was not taken."""
        path, fields, headers = self._filled_in(request.email)
        body = urlencode(fields)
        begin = time.perf_counter()
        status, _, _ = self._ask("POST", path, body, headers | {"Content-Type": "application/x-www-form-urlencoded"})
        taken = (time.perf_counter() - begin) * 1_000
        if status not in {200, 302}:
            raise RuntimeError(f"{path} answered {status}")
        return taken

    def _filled_in(self, email: str) -> tuple[str, dict[str, str], dict[str, str]]:
        if self.name == "embed":
            return "/embed/water/subscribe/", {"topic": self.topic.slug, "email": email}, {"Origin": SITE}
        path = "/me/sign-in/" if self.name == "sign-in" else f"/subscribe/?topic={self.topic.slug}"
        token = self._token(path)
        fields = {"csrfmiddlewaretoken": token[0], "email": email}
        if self.name == "subscribe":
            fields |= {"started": token[2], "topic": self.topic.slug, "language": "en"}
            fields[f"frequency-{self.topic.pk}"] = "immediate"
        return path.partition("?")[0], fields, {"Cookie": token[1]}

    def _token(self, path: str) -> tuple[str, str, str]:
        """Of the form that this thread has open: CSRF token, its cookie, and the clock."""
        used = getattr(self._own, "used", 0)
        if used % 8 == 0:
            _, headers, page = self._ask("GET", path, "", {})
            self._own.open = _value(page, "csrfmiddlewaretoken"), headers["set-cookie"], _value(page, "started")
        self._own.used = used + 1
        token: tuple[str, str, str] = self._own.open
        return token

    def _ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        link: HTTPConnection | None = getattr(self._own, "link", None)
        if link is None:
            link = self._own.link = HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.request(method, path, body, headers | {"X-Forwarded-For": "192.0.2.1"})
        answer = link.getresponse()
        page = answer.read().decode()
        named = {name.lower(): value.partition(";")[0] for name, value in answer.getheaders()}
        return answer.status, named, page


def measure(servers: Servers, forms: list[str], requests: int, work: int, clients: int) -> dict[str, Any]:
    """Of each form: what `compared` says; and the same of the work behind them."""
    call_command("migrate", verbosity=0)
    topic, _ = a_topic()
    Agency.objects.update(embed_sites=[SITE])
    measured: dict[str, Any] = {"requests": requests, "work_requests": work, "clients": clients, "load": _load()}
    with transaction.atomic():
        measured["work"] = {
            "sign-up": _timed(_people(topic, "work-up", work), lambda one: _sign_up(topic, one), 1),
            "sign-in": _timed(_people(topic, "work-in", work), _sign_in, 1),
        }
        transaction.set_rollback(True)
    port = _start(servers)
    asked = {name: _people(topic, name, requests) for name in forms}
    connection.close()
    measured["forms"] = {name: _timed(asked[name], Form(name, topic, port).send, clients) for name in forms}
    servers.stop_children()
    return measured | {"load_after": _load()}


def compared(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Of each kind median and quartiles in ms, and how it compares with the unknown: p, and Cliff's delta."""
    result = {}
    for kind, taken in times.items():
        lower, middle, upper = statistics.quantiles(taken, n=4)
        against = mann_whitney(taken, times["unknown"]) if kind != "unknown" else None
        result[kind] = {"median": round(middle, 3), "lower": round(lower, 3), "upper": round(upper, 3)}
        if against:
            result[kind] |= {"p": round(against.p, 4), "effect": round(against.effect, 4)}
    return result


def _timed(asked: list[Request], send: Callable[[Request], float], clients: int) -> dict[str, dict[str, float]]:
    random.shuffle(asked)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with ThreadPoolExecutor(clients) if clients > 1 else _Here() as pool:
        for request, taken in zip(asked, pool.map(send, asked), strict=True):
            times[request.kind].append(taken)
    return compared(times)


class _Here:
    """This thread, as an executor: its database connection holds the rows."""

    def __enter__(self) -> "_Here":
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, act: Callable[[Request], float], asked: Iterable[Request]) -> Iterable[float]:
        return map(act, asked)


def _sign_up(topic: Topic, request: Request) -> float:
    begin = time.perf_counter()
    sign_up(email=request.email, choices={topic: Frequency.IMMEDIATE}, language="en", page="/", ip=_ip())
    return (time.perf_counter() - begin) * 1_000


def _sign_in(request: Request) -> float:
    begin = time.perf_counter()
    request_sign_in(email=request.email, ip=_ip())
    return (time.perf_counter() - begin) * 1_000


def _people(topic: Topic, name: str, each: int) -> list[Request]:
    """`each` addresses of every kind, as they come to be what they are."""
    asked = [Request(kind, f"{kind}{n}@d{n % 97}.{name}.example") for kind in KINDS for n in range(each)]
    last = Subscriber.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with_rows = [one.email for one in asked if one.kind in {"known", "suppressed", "erased"}]
    follow(topic, [(last + number, email) for number, email in enumerate(with_rows, start=1)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('subscriptions_subscriber_id_seq', %s)", [last + len(with_rows)])
    suppress(address_keys=[address_key(one.email) for one in asked if one.kind == "suppressed"], reason="hard-bounce")
    for request in asked:
        if request.kind == "pending":
            sign_up(email=request.email, choices={topic: Frequency.DAILY}, language="en", page="/", ip=_ip())
    erase(subscribers=Subscriber.objects.filter(email__startswith="erased", email__endswith=f".{name}.example"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return asked


def _start(servers: Servers) -> int:
    port = free_port()
    command = web(host="127.0.0.1", port=port).command
    child = Child("web", command, log=servers.folder / "web.log", env={**os.environ, **LIMITS}, death_signal=SIGTERM)
    servers.children.append(child)
    wait_for(lambda: _is_up(port), child)
    return port


def _is_up(port: int) -> bool:
    try:
        link = HTTPConnection("127.0.0.1", port, timeout=5)
        link.request("GET", "/health/live/")
        return link.getresponse().status == 200
    except OSError:
        return False


def _value(page: str, name: str) -> str:
    return page.partition(f'name="{name}"')[2].partition('value="')[2].partition('"')[0]


def _ip() -> str:
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"  # noqa: S311  no secret


def _load() -> float:
    return round(os.getloadavg()[0], 1)
