"""Which public alerts stand at this moment, and which replaced which."""

from django.db.models import Func, JSONField, OuterRef, QuerySet, Subquery
from django.utils import timezone

from alerts.models import Alert, Bulletin, on_public_topic
from alerts.models.bulletin import BulletinQuerySet

CALLS = (Alert.MsgType.ALERT, Alert.MsgType.UPDATE)
SHOWN = (Alert.Status.ACTUAL, Alert.Status.EXERCISE, Alert.Status.TEST)


def public_alerts() -> QuerySet[Alert]:
    """All that everybody may read, the newest first."""
    return Alert.objects.filter(
        on_public_topic(), bulletin__status=Bulletin.Status.PUBLISHED, scope=Alert.Scope.PUBLIC, status__in=SHOWN
    ).order_by("-sent", "-pk")


def their_bulletins() -> BulletinQuerySet:
    """The bulletins of all public alerts, in no order."""
    return Bulletin.objects.published().filter(alert__scope=Alert.Scope.PUBLIC, alert__status__in=SHOWN)


def standing_alerts() -> QuerySet[Alert]:
    """Those that hold now: not over, and neither updated nor cancelled by a later message of their sender.

    The later message is a value and not an EXISTS: PostgreSQL joins what EXISTS names, and with statistics from before
    the rows it met every alert with every other and with every bulletin (for minutes, with a hundred alerts). For the
    same reason pages read the keys of these first.
    """
    later = Subquery(later_messages().order_by().values("pk")[:1])
    return public_alerts().filter(msg_type__in=CALLS, expires__gt=timezone.now()).alias(later=later).filter(later=None)


def later_messages(path: str = "") -> QuerySet[Alert]:
    """For a subquery: what updates or cancels the outer query's alert, to which `path` leads ("alert__")."""
    sender, identifier = OuterRef(f"{path}sender"), OuterRef(f"{path}identifier")
    return public_alerts().filter(
        sender=sender, sent__gt=OuterRef(f"{path}sent"), references__contains=_named(sender, identifier)
    )


def real(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """Without exercises and tests."""
    return alerts.filter(status=Alert.Status.ACTUAL)


def successor(alert: Alert) -> Alert | None:
    """The newest public message that updates or cancels this one."""
    later = public_alerts().filter(sender=alert.sender, sent__gt=alert.sent)
    return later.filter(references__contains=[[alert.sender, alert.identifier]]).first()


def is_over(alert: Alert) -> bool:
    """Whether its own time has run out."""
    return alert.expires is not None and alert.expires <= timezone.now()


def _named(sender: OuterRef, identifier: OuterRef) -> Func:
    """A list of references with this one in it, its time left open: PostgreSQL's @> looks for a part of the list."""
    pair = Func(sender, identifier, function="jsonb_build_array")
    return Func(pair, function="jsonb_build_array", output_field=JSONField())
