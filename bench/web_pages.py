"""What the web benchmark asks for, and the measurements."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency
from alerts.models import Bulletin
from bench.memory import peak_rss_mb
from bench.servers import Servers, processes_of
from bench.web_asking import CONNECTIONS, FORM, Ask, Load, Page
from bench.web_country import ACQUAINTED, FOLLOWED, Acquainted, acquainted, api_key, sign_ups
from channels.tokens import unsubscribe_token
from govnotify.lib.database import query
from subscriptions.confirming import confirmation_token, fingerprint
from subscriptions.keys import signer
from subscriptions.models import Topic
from subscriptions.pages import form_clock

SOME = 200  # of each kind of page
POSTS = 4_000  # addresses that are new
CSRF = "b" * 32  # cookie and field have to be the same


def measure(servers: Servers, seconds: float) -> dict[str, object]:
    """Every page as Django answers it, then the public ones as the page cache gives them."""
    people = acquainted()
    public, own = _public(), _own(people)
    load, found = Load(servers, seconds), {}
    queries = {page.name: _queries(page) for page in (*public, *own)}
    server = load.start(PAGE_CACHE_MB="0")
    public += _not_modified(load, public)
    for page in (*public, *own):
        found[page.name] = load.ask(page) | queries.get(page.name, {})
    rss = {"web_rss_mb": peak_rss_mb(processes_of(server))}
    server.stop()
    server = load.start()
    singles = {page.name: Page(page.name, page.asks[:1], page.status) for page in public}
    for page in singles.values():
        load.ask(page, seconds=0.3)  # both processes keep it
    kept = {name: load.ask(page, compressed=True, seconds=seconds / 2) for name, page in singles.items()}
    result = {"pages": found, "kept": kept, "attacked": _attacked(load, singles["bulletin"])}
    rss["web_rss_mb_with_cache"] = peak_rss_mb(processes_of(server))
    server.stop()
    return {"connections": CONNECTIONS, **result, "cached_bulletin": kept["bulletin"]["requests_per_s"]} | rss


def _public() -> list[Page]:
    agencies = Agency.objects.filter(topics__is_public=True).distinct().order_by("pk")[:SOME]
    topics = list(Topic.objects.public().order_by("pk").values_list("slug", flat=True)[:SOME])
    bulletins = Bulletin.objects.published().filter(alert=None).order_by("-published_at")[:SOME]
    said = query("SELECT word FROM ts_stat('SELECT words FROM alerts_archiveentry LIMIT 2000') ORDER BY ndoc DESC", {})
    words = [word for (word,) in said if len(word) == 6]
    words = words[:: max(1, len(words) // SOME)]
    return [
        Page("home", [Ask("/")]),
        Page("search", [Ask(f"/?q={word}") for word in words]),
        Page("topic", [Ask(f"/topics/{slug}/") for slug in topics]),
        Page("agency", [Ask(agency.get_absolute_url()) for agency in agencies]),
        Page("bulletin", [Ask(bulletin.get_absolute_url()) for bulletin in bulletins]),
        Page("feed", [Ask(f"/topics/{slug}/feed.atom") for slug in topics]),
        Page("archive", [Ask("/archive/")]),
        Page("archive, words", [Ask(f"/archive/?q={word}") for word in words]),
        Page("alerts", [Ask("/alerts/")]),
    ]


def _not_modified(load: Load, public: Iterable[Page]) -> list[Page]:
    """Of those of which a reader asks again whether they have changed."""
    found = []
    for page in public:
        if page.name in {"bulletin", "feed", "alerts"}:
            asks = [Ask(ask.path, (("If-None-Match", load.etag(ask.path)),)) for ask in page.asks[:20]]
            found.append(Page(f"{page.name}, not modified", asks, 304))
    return found


def _own(people: list[Acquainted]) -> list[Page]:
    topics = list(Topic.objects.public().order_by("pk")[:FOLLOWED])
    agency = Agency.objects.order_by("pk")[0]
    bulletins = Bulletin.objects.filter(agency=agency).order_by("pk")[:SOME]
    key = (("Authorization", f"Bearer {api_key(agency)}"),)
    waiting = sign_ups()
    links = [(f"/confirm/{confirmation_token(one)}/", fingerprint(one)) for one in waiting]
    mails = [
        f"/u/{unsubscribe_token(signer(), one.subscriber.pk, 1, [topic]).decode()}"
        for one in people
        for topic in one.topics
    ]
    return [
        Page("subscribe", [Ask(f"/subscribe/?topic={topic.slug}") for topic in topics[:SOME]]),
        Page(
            "subscribe, sent",
            [_subscribe(topics[n % SOME], f"p{n}@fresh.example") for n in range(POSTS)], 302, once=True,
        ),
        Page("confirm", [Ask(path) for path, _ in links[:SOME]]),
        Page("confirm, pressed", [_post(path, seen=seen) for path, seen in links], 302, once=True),
        Page("sign in", [Ask("/me/sign-in/")]),
        Page("sign in, sent", [_post("/me/sign-in/", email=f"p{n}@any.example") for n in range(POSTS)], once=True),
        Page("me", [Ask("/me/", (("Cookie", f"sessionid={one.session}"),)) for one in people]),
        Page("unsubscribe", [Ask(path) for path in mails[:ACQUAINTED]]),
        Page("unsubscribe, one click", [Ask(path, form="List-Unsubscribe=One-Click") for path in mails], once=True),
        Page("API, a bulletin", [Ask(f"/api/v1/bulletins/{one.pk}", key) for one in bulletins]),
        Page("check", [Ask("/health/live/")]),
    ]  # fmt: skip


def _subscribe(topic: Topic, email: str) -> Ask:
    fields = {
        "topic": topic.slug,
        f"frequency-{topic.pk}": "immediate",
        "language": "en",
        "started": form_clock.start(),
    }
    return _post("/subscribe/", email=email, **fields)


def _post(path: str, **fields: str) -> Ask:
    return Ask(path, (("Cookie", f"csrftoken={CSRF}"),), urlencode({"csrfmiddlewaretoken": CSRF, **fields}))


def _attacked(load: Load, bulletin: Page) -> dict[str, object]:
    """The kept bulletin while as many connections ask for searches of which no two are the same."""
    attack = Page("an attack", [Ask(f"/archive/?q=attack+{number}") for number in range(100_000)], once=True)
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(load.ask, page) for page in (attack, bulletin)]
    return {"attack": both[0].result(), "bulletin": both[1].result()}


def _queries(page: Page) -> dict[str, object]:
    """Of the last request, and their milliseconds: what a process remembers since the one before is not asked again."""
    client = Client(SERVER_NAME="127.0.0.1")
    for ask in (page.asks[0], page.asks[-1]):
        with CaptureQueriesContext(connection) as asked:
            client.generic("POST" if ask.form else "GET", ask.path, ask.form, FORM, headers=dict(ask.headers))
    taken = [float(one["time"]) for one in asked.captured_queries]
    slowest = max(asked.captured_queries, key=lambda one: float(one["time"]), default={"sql": ""})
    return {"queries": len(taken), "query_ms": round(sum(taken) * 1_000), "slowest": slowest["sql"][:150]}
