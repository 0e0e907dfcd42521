"""Taking in a CAP message that somebody else wrote: as a draft that waits for two people of ours.

The schema decides whether it is taken; everything beyond it is a warning. That it has expired or that its
predecessor is unknown keeps it from being sent, which approving decides, not from being read.
"""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Agency, ApiKey, User
from alerts.acts.alert_drafting import AlertDetails, draft_alert
from alerts.acts.imported_texts import merged_areas, texts_of, worst_first
from alerts.cap.lexical import format_reference, format_time
from alerts.cap.message import CapMessage, Category, Certainty, Info, Reference, Severity, Urgency
from alerts.cap.reading import CapRefused, read
from alerts.models import Alert, Oddity
from alerts.models.oddity import Kept, kept
from subscriptions.models import Topic

LONGEST_NAME = 200  # of identifier and sender, as their columns hold them
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
        words = {"identity": format_reference(identity)}
        if alert:
            said = _(
                "The message %(identity)s was taken in before, as alert %(number)d (%(status)s); nothing was changed."
            )
            words |= {"number": alert.pk, "status": alert.bulletin.get_status_display()}
        else:
            said = _("The message %(identity)s was taken in before, by another agency; nothing was changed.")
        super().__init__(said % words)
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
    details = _details(message, data, [*notes, *map(kept, reading.warnings), *cuts, *_why_not_now(message)])
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
        ngettext(
            "element %(name)s has %(length)d character, at most %(limit)d are taken: "
            "ask its producer for a shorter one",
            "element %(name)s has %(length)d characters, at most %(limit)d are taken: "
            "ask its producer for a shorter one",
            len(text),
        )
        % {"name": name, "length": len(text), "limit": LONGEST_NAME}
        for name, text in long.items()
        if len(text) > LONGEST_NAME
    ]:
        raise CapRefused(reasons)


def _details(message: CapMessage, data: bytes, warnings: list[Kept]) -> AlertDetails:
    infos = worst_first(message.infos)
    worst = infos[0] if infos else BARE
    return AlertDetails(
        event=str(message.msg_type),  # for a text whose info names none
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


def _why_not_now(message: CapMessage) -> list[list[str]]:
    """What keeps it from being sent as it stands, for whoever reads it first; approving checks again."""
    reasons = []
    ends = [info.expires for info in message.infos if info.expires]
    if not ends:
        reasons.append(Oddity.ENDLESS.about())
    elif max(ends) <= timezone.now():
        reasons.append(Oddity.ENDED.about(format_time(max(ends))))
    unknown = [reference for reference in message.references if _known(reference) is None]
    return reasons + [Oddity.FOLLOWS_UNKNOWN.about(format_reference(one)) for one in unknown]


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
