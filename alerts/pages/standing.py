"""Which public alerts stand at this moment, and which replaced which."""

from django.db.models import Exists, Func, JSONField, OuterRef, QuerySet
from django.utils import timezone

from alerts.models import Alert, Bulletin

CALLS = (Alert.MsgType.ALERT, Alert.MsgType.UPDATE)
SHOWN = (Alert.Status.ACTUAL, Alert.Status.EXERCISE, Alert.Status.TEST)


def public_alerts() -> QuerySet[Alert]:
    """All that everybody may read, the newest first."""
    return Alert.objects.filter(
        bulletin__in=Bulletin.objects.published(), scope=Alert.Scope.PUBLIC, status__in=SHOWN
    ).order_by("-sent", "-pk")


def standing_alerts() -> QuerySet[Alert]:
    """Those that hold now: not over, and neither updated nor cancelled by a later message of their sender."""
    return public_alerts().filter(~Exists(later_messages()), msg_type__in=CALLS, expires__gt=timezone.now())


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
