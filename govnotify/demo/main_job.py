"""The main job: a routine bulletin to everybody on its topic and, while that is running, an emergency alert."""

import json
import time
import tomllib
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from agencies.models import Agency
from alerts.acts.alert_drafting import AlertDetails, draft_alert
from alerts.acts.alerting import approve_alert, content_hash
from alerts.models import Alert, Dispatch
from alerts.reports import Progress, progress
from govnotify.demo.data.bulletins import read_one
from govnotify.demo.data.staff import staff
from subscriptions.models import Topic

LOOK_SECONDS = 0.1
LATEST_SECONDS = 120.0
_ALERT = Path(__file__).parent / "data/bulletins/now/flood.toml"


class NotPublished(Exception):  # noqa: N818  named as what happened
    """The platform refused the demo's bulletin; the message has its answer."""


@dataclass(frozen=True, slots=True)
class Dispatches:
    """`finished` says whether the platform itself had closed its books on both in time."""

    routine: Dispatch
    emergency: Dispatch
    finished: bool


def run(*, site: str, api_key: str, show: Callable[[dict[str, Progress]], None]) -> Dispatches:
    """Publish both and call `show` with how far they are until both are finished, or LATEST_SECONDS have passed."""
    alert = write_alert()
    routine = publish_routine(site, api_key)
    begun = time.monotonic()
    while progress(routine).sent == 0 and time.monotonic() - begun < 1.0:
        time.sleep(0.01)
    emergency = approve_alert(alert=alert, approver=staff("approver"), seen_hash=content_hash(alert))
    while time.monotonic() - begun < LATEST_SECONDS:
        seen = {"Routine": progress(routine), "Emergency": progress(emergency)}
        show(seen)
        if all(one.finished for one in seen.values()):
            return Dispatches(routine, emergency, finished=True)
        time.sleep(LOOK_SECONDS)
    return Dispatches(routine, emergency, finished=False)


def write_alert() -> Alert:
    """The alert as its author leaves it to the second person."""
    words = read_one("now", "flood")
    told = tomllib.loads(_ALERT.read_text())
    events, instructions = told.pop("event"), told.pop("instruction")
    expires = timezone.now().replace(microsecond=0) + timedelta(hours=told.pop("valid_hours"))
    return draft_alert(
        agency=Agency.objects.get(slug=words.agency),
        topics=list(Topic.objects.filter(slug__in=words.topics)),
        variants=[
            replace(variant, event=events[variant.language], instruction=instructions[variant.language])
            for variant in words.variants
        ],
        details=AlertDetails(expires=expires, **told),
        author=staff("operator"),
    )


def publish_routine(site: str, api_key: str) -> Dispatch:
    """As an agency's own system would: POST /api/v1/bulletins. Raises NotPublished."""
    words = read_one("now", "identity-cards")
    fields = ("language", "title", "summary", "body", "body_format")
    variants = [{field: asdict(variant)[field] for field in fields} for variant in words.variants]
    request = urllib.request.Request(  # noqa: S310  our own http address
        f"{site}/api/v1/bulletins",
        data=json.dumps({"topics": words.topics, "variants": variants}).encode(),
        headers={
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  our own http address
            made = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise NotPublished(f"{error.code} {error.reason}: {error.read(2_000).decode()}") from error
    return Dispatch.objects.get(bulletin=made["id"])
