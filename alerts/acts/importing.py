"""Taking in a CAP message that somebody else wrote: as a draft that waits for two people of ours.

The schema decides whether it is taken; everything beyond it is a warning. That it has expired or that its
predecessor is unknown keeps it from being sent, which approving decides, not from being read.
"""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Agency, ApiKey, User
from alerts.acts.alerting import AlertDetails, draft_alert
from alerts.acts.imported_texts import merged_areas, texts_of, worst_first
from alerts.cap.lexical import format_reference, format_time
from alerts.cap.message import CapMessage, Category, Certainty, Info, Reference, Severity, Urgency
from alerts.cap.reading import CapRefused, read
from alerts.models import Alert
from subscriptions.models import Topic

LONGEST_NAME = 200  # of identifier, sender and event, as their columns hold them
BARE = Info(  # stands for what a message without an info does not say
    categories=(Category.OTHER,),
    event="",
    urgency=Urgency.UNKNOWN,
    severity=Severity.UNKNOWN,
    certainty=Certainty.UNKNOWN,
)


class AlreadyImported(Exception):  # noqa: N818  named as what happened
    """A message with this identity is here. `alert` is it where it belongs to the same agency, else None."""

    def __init__(self, identity: Reference, alert: Alert | None) -> None:
        where = (
            _("as alert %(number)d (%(status)s)") % {"number": alert.pk, "status": alert.bulletin.get_status_display()}
            if alert
            else _("by another agency")
        )
        super().__init__(
            _("The message %(identity)s was taken in before, %(where)s; nothing was changed.")
            % {"identity": format_reference(identity), "where": where}
        )
        self.alert = alert


@transaction.atomic
def import_cap(
    *,
    agency: Agency,
    data: bytes,
    topics: Sequence[Topic],
    author: User | ApiKey | None,
    notes: Sequence[str] = (),
) -> Alert:
    """One CAP 1.2 message as a draft alert on `topics`, with its source and what is odd about it.

    `notes` are the caller's own warnings for whoever reads the draft.

    Raises CapRefused (not CAP 1.2), AlreadyImported, and draft_alert's ContentRefused and NotAllowed.
    """
    reading = read(data)
    message = reading.message
    _require_storable(message)
    if known := _known(message.identity):
        raise _already(message.identity, known, agency)
    variants, cuts = texts_of(message, agency.default_language)
    details = _details(message, data, [*notes, *map(str, reading.warnings), *cuts, *_why_not_now(message)])
    try:
        with transaction.atomic():
            alert = draft_alert(agency=agency, topics=topics, variants=variants, details=details, author=author)
    except IntegrityError as error:  # the same message in another request at this moment
        if known := _known(message.identity):
            raise _already(message.identity, known, agency) from error
        raise
    alert.refresh_from_db()  # as everybody else will see it: the approval's hash is over what is stored
    return alert


def _require_storable(message: CapMessage) -> None:
    long = {"identifier": message.identifier, "sender": message.sender}
    if reasons := [
        _("element %(name)s has %(length)d characters, at most %(limit)d are taken: ask its producer for a shorter one")
        % {"name": name, "length": len(text), "limit": LONGEST_NAME}
        for name, text in long.items()
        if len(text) > LONGEST_NAME
    ]:
        raise CapRefused(reasons)


def _details(message: CapMessage, data: bytes, warnings: list[str]) -> AlertDetails:
    infos = worst_first(message.infos)
    worst = infos[0] if infos else BARE
    return AlertDetails(
        event=" ".join(worst.event.split())[:LONGEST_NAME] or message.msg_type,
        category=_each_once(category.value for info in infos or [BARE] for category in info.categories),
        urgency=worst.urgency,
        severity=worst.severity,
        certainty=worst.certainty,
        areas=merged_areas(message.infos),
        # Some infos may have one and others not: the alert stands as long as its longest part.
        expires=max((info.expires for info in infos if info.expires), default=None),
        effective=min((info.effective for info in infos if info.effective), default=None),
        onset=min((info.onset for info in infos if info.onset), default=None),
        response_type=_each_once(kind.value for info in infos for kind in info.response_types),
        status=message.status,
        msg_type=message.msg_type,
        scope=message.scope,
        identifier=message.identifier,
        sender=message.sender,
        sent=message.sent,
        references=[[r.sender, r.identifier, format_time(r.sent)] for r in message.references],
        source_xml=data,
        warnings=warnings,
    )


def _why_not_now(message: CapMessage) -> list[str]:
    """What keeps it from being sent as it stands, for whoever reads it first; approving checks again."""
    reasons = []
    ends = [info.expires for info in message.infos if info.expires]
    if not ends:
        reasons.append(_("It says no time at which it ends: it can be read, not sent."))
    elif max(ends) <= timezone.now():
        reasons.append(_("It ended at %s: it can be read, not sent.") % format_time(max(ends)))
    unknown = [reference for reference in message.references if _known(reference) is None]
    return reasons + [_("It follows %s, which is not here.") % format_reference(one) for one in unknown]


def _known(identity: Reference) -> Alert | None:
    return (
        Alert.objects.select_related("bulletin")
        .filter(sender=identity.sender, identifier=identity.identifier, sent=identity.sent)
        .first()
    )


def _already(identity: Reference, known: Alert, agency: Agency) -> AlreadyImported:
    return AlreadyImported(identity, known if known.bulletin.agency_id == agency.pk else None)


def _each_once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
