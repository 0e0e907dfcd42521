"""A break from everything but emergencies, until a day that the person chose. It ends by itself."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from subscriptions.models import Subscriber

LONGEST = timedelta(days=365)
UNDO_WORKS_FOR = timedelta(days=1)
_SALT = "subscriptions.pausing"


class BadPause(ValueError):  # noqa: N818  named as what happened
    """A day that a break can't end on; the message is for the person and says what to do."""


@dataclass(frozen=True, slots=True)
class Paused:
    """One act of pausing. `before` is until when it was paused before that, if it was."""

    subscriber_id: int
    until: date
    before: date | None


@transaction.atomic
def pause(*, subscriber_id: int, until: date, only_longer: bool = False) -> Paused | None:
    """Send nothing routine before `until`, the first day on which mail comes again where they are; nobody is None.

    `only_longer` leaves a break alone that goes on for longer. Raises BadPause.
    """
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).exclude(email="").first()
    today = subscriber.today if subscriber else timezone.localdate()
    if until <= today:
        raise BadPause(_("Choose a day in the future."))
    if until > today + LONGEST:
        raise BadPause(_("A break can last a year at most. Choose an earlier day."))
    if subscriber is None:
        return None
    before = subscriber.paused_until if subscriber.is_paused else None
    if only_longer and before is not None:
        until = max(until, before)
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_until=until)
    return Paused(subscriber.pk, until, before)


def resume(*, subscriber: Subscriber) -> None:
    """End the break now. What was published meanwhile is in the archive and is not sent any more."""
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_until=None)


def undo_token(paused: Paused) -> str:
    """Shown to whoever has just pressed the button: takes back that one act and nothing else."""
    before = paused.before and paused.before.isoformat()
    return signing.dumps([paused.subscriber_id, paused.until.isoformat(), before], salt=_SALT)


def undo(*, token: str, subscriber_id: int) -> None:
    """Make it as it was before the break, unless that was changed since. Any number of times.

    Raises signing.BadSignature for a token that is not ours, is too old or is somebody else's.
    """
    owner, until, before = signing.loads(token, salt=_SALT, max_age=UNDO_WORKS_FOR)
    if owner != subscriber_id:
        raise signing.BadSignature("the undo belongs to somebody else")
    as_paused = Subscriber.objects.filter(pk=subscriber_id, paused_until=parse_date(until))
    as_paused.update(paused_until=before and parse_date(before))
