"""20 machines that listen: registered and verified by the platform's own services, served by the local receiver."""

import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from agencies.models import Agency
from govnotify.demo.data.agencies import EMERGENCY_TOPIC, ROUTINE_TOPIC
from subscriptions.endpoints import register_endpoint, verify_pending
from subscriptions.keys import secret_box
from subscriptions.models import Endpoint, Subscriber, Topic

# Those of agencies say whose they are; the others belong to a citizen each. None is on both topics of the main job.
NEWS = {
    "aldermouth-gazette": "", "radio-selwyn": "", "fell-and-dale-weekly": "", "tarnmark-press-agency": "",
    "open-notices": "", "citizen-app": "", "expat-newsletter": "", "law-library": "", "village-boards": "",
    "city-screens": "aldermouth", "school-portal": "schools", "council-intranet": "high-fells",
}  # fmt: skip
WARNINGS = {
    "siren-control": "civil-protection", "train-displays": "transport", "hospital-pagers": "health", "storm-app": "",
    "broadcast-relay": "", "farm-alarm": "", "harbour-radio": "", "motorway-signs": "transport",
}  # fmt: skip
TOPICS_OF = {
    **dict.fromkeys(NEWS, (ROUTINE_TOPIC, "taxes-and-benefits")),
    **dict.fromkeys(WARNINGS, (EMERGENCY_TOPIC, "river-elder-floods", "severe-weather")),
}


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where the demo's receiver listens, and whose certificates it shows."""

    port: int
    ca_file: Path

    def hook(self, name: str) -> str:
        return f"https://127.0.0.1:{self.port}/hooks/{name}"

    def tell_secret(self, name: str, secret: str) -> None:
        """Let the receiver verify what the endpoint of this name gets; it keeps no secret over a restart."""
        self._ask(f"/secrets/{name}", secret)

    def push(self, name: str) -> str:
        """The address at its push service of the browser of this name."""
        return f"https://127.0.0.1:{self.port}/push/{name}"

    def tell_browser(self, name: str, secret: str) -> None:
        """Let the receiver read what the browser of this name gets."""
        self._ask(f"/browsers/{name}", secret)

    def answer_of(self, name: str) -> str:
        """What this browser answers its welcome with."""
        return self._ask(f"/browsers/{name}/answer")

    def _ask(self, path: str, told: str | None = None) -> str:
        context = ssl.create_default_context(cafile=self.ca_file)
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}",
            data=None if told is None else told.encode(),
            method="GET" if told is None else "PUT",
        )
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:  # noqa: S310  our own address
            text: str = answer.read().decode()
        return text


def ensure_endpoints(receiver: Receiver) -> None:
    """All 20, known to the receiver and verified there.

    A receiver that moved to another port is another address, and every change of address repeats the challenge.
    """
    existing = {endpoint.url.rsplit("/", 1)[1]: endpoint for endpoint in Endpoint.objects.all()}
    citizens = iter(Subscriber.objects.active().filter(endpoints=None).order_by("pk")[100 : 100 + len(TOPICS_OF)])
    for name, owner in (NEWS | WARNINGS).items():
        endpoint = existing.get(name)
        if endpoint is None:
            _register(name, Agency.objects.get(slug=owner) if owner else next(citizens), receiver)
            continue
        if endpoint.url != receiver.hook(name):
            again = {"url": receiver.hook(name), "status": Endpoint.Status.PENDING, "challenge_at": None}
            Endpoint.objects.filter(pk=endpoint.pk).update(**again)
        receiver.tell_secret(name, secret_box().decrypt(endpoint.sealed_secret))
    verify_pending(limit=len(TOPICS_OF))
    if unverified := Endpoint.objects.exclude(status=Endpoint.Status.ACTIVE):
        told = "; ".join(f"{endpoint.url}: {endpoint.note or endpoint.status}" for endpoint in unverified)
        raise RuntimeError(f"The demo's endpoints could not be verified: {told}")


def _register(name: str, owner: Agency | Subscriber, receiver: Receiver) -> None:
    topics = list(Topic.objects.filter(slug__in=TOPICS_OF[name]).order_by("pk"))
    _, secret = register_endpoint(owner=owner, url=receiver.hook(name), topics=topics)
    receiver.tell_secret(name, secret)
