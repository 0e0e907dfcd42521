"""Publishing files as a member of staff, with their rights: Markdown goes out, CAP waits for an approver."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from django.core.management.base import CommandError
from django.db import transaction

from agencies.models import Agency, Membership, Role, User
from alerts.acts.content import ContentRefused, VariantText
from alerts.acts.importing import AlreadyImported, import_cap
from alerts.acts.publishing import NotAllowed, publish_bulletin
from alerts.acts.submitting import submit_bulletin, topics_named
from alerts.cap.refusals import Refused
from alerts.files.check import FileReport, kind_of, read_file
from alerts.files.front_matter import parse_bulletin
from alerts.models import Alert
from subscriptions.models import Topic

Deed = Callable[[User, bytes], Sequence[str]]  # returns warnings


def publish_files(
    paths: Iterable[Path], *, as_user: str, agency: str = "", topics: Sequence[str] = ()
) -> Iterator[FileReport]:
    """One report per file, each file in a transaction of its own: it is done whole or not at all.

    `agency` and `topics` (slugs) say for whom a CAP message is, which can't say so itself; without them it is for
    the one agency at which the person is emergency operator, and all its topics. Raises CommandError where nobody
    active has the e-mail address `as_user`.
    """
    user = User.objects.filter(email=as_user.strip().lower(), is_active=True).first()
    if user is None:
        raise CommandError(f"no active member of staff has the e-mail address {as_user}", returncode=2)

    def draft(user: User, data: bytes) -> Sequence[str]:
        return _draft_alert(user, data, agency, topics)

    for path in paths:
        yield _publish(path, user, {"bulletin": _publish_bulletin, "cap": draft})


def _publish(path: Path, user: User, deeds: dict[str, Deed]) -> FileReport:
    kind = ""
    try:
        data = read_file(path)
        kind = kind_of(data)
        with transaction.atomic():
            warnings = deeds[kind](user, data)
    except Refused as refused:
        return _refused(path, kind, refused.reasons)
    except ContentRefused as refused:
        return _refused(path, kind, [f"{field}: {' '.join(texts)}" for field, texts in refused.errors.items()])
    except (NotAllowed, AlreadyImported) as refused:
        return _refused(path, kind, [str(refused)])
    return FileReport(path, kind, ok=True, warnings=tuple(warnings))


def _publish_bulletin(user: User, data: bytes) -> Sequence[str]:
    file = parse_bulletin(data)
    # An agency that the person does not work for is told like one that does not exist.
    agency = Membership.objects.filter(user=user).agencies().filter(slug=file.agency).first()
    if agency is None:
        raise NotAllowed(f"agency: you do not work for an agency “{file.agency}”: correct it, or ask for a role")
    bulletin = submit_bulletin(
        agency=agency,
        topics=file.topics,
        variants=[VariantText(file.language, file.title, file.body, summary=file.summary)],
        author=user,
        areas=file.areas,
        urgent=file.urgent,
    )
    publish_bulletin(bulletin=bulletin, publisher=user)
    return ()


def _draft_alert(user: User, data: bytes, agency_slug: str, slugs: Sequence[str]) -> Sequence[str]:
    agency = _operators_agency(user, agency_slug)
    notes: list[str] = []
    if slugs:
        topics = topics_named(agency=agency, slugs=slugs, variants=())
    else:
        topics = _all_topics(agency)
        notes.append(f"it names no topics: drafted for all {len(topics)} of {agency}; choose before it is approved")
    alert: Alert = import_cap(agency=agency, data=data, topics=topics, author=user, notes=notes)
    return alert.oddities


def _operators_agency(user: User, slug: str) -> Agency:
    agencies = Membership.objects.filter(user=user).agencies(Role.OPERATOR)
    if slug:
        agencies = agencies.filter(slug=slug)
    match list(agencies[:20]):
        case [agency]:
            return agency
        case []:
            where = f"at “{slug}”" if slug else "anywhere"
            raise NotAllowed(f"an alert takes an emergency operator, which you are not {where}: ask for the role")
        case several:
            names = ", ".join(agency.slug for agency in several)
            raise NotAllowed(f"you are emergency operator at {names}: say for which of them it is")


def _all_topics(agency: Agency) -> list[Topic]:
    return list(Topic.objects.open_for(agency).filter(is_public=True)[:20])


def _refused(path: Path, kind: str, reasons: Sequence[str]) -> FileReport:
    return FileReport(path, kind, ok=False, reasons=tuple(reasons))
