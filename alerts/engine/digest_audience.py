"""Who a digest run is for: set-based, in slices of ascending ids, with what each has not had yet.

What counts is how somebody read a topic when the bulletin came out: who changes from daily to at once at noon still
gets the morning's bulletins in the next daily digest. And by which timetable somebody read when the run was due: who
has chosen none is looked up in no table of timetables, as long as nobody in the slice has.
"""

from typing import Any

from alerts.engine import digest_statements as sql
from alerts.engine import reach
from alerts.engine.admission import Limits
from alerts.engine.sources import Addition, share
from alerts.lanes import Lane
from alerts.models import Dispatch
from govnotify.lib.database import bigints, query
from subscriptions.models import Frequency, Timetable

TOPICS_EACH = 4  # subscriptions that a reader of digests has, roughly: slices are counted in people, the index in these


class DigestReaders:
    """The readers of the timetables that a run is for."""

    def __init__(self, run: Dispatch) -> None:
        self._run = run

    def upper_end(self, after_id: int, size: int) -> int | None:
        run = self._run
        values: dict[str, Any] = {"after": after_id, "entries": size * TOPICS_EACH}
        statement = sql.UPPER_END
        if _own_of(run) is None:
            statement = sql.UPPER_END_OF_TIMETABLES
            each = share(size, len(run.timetables))
            values = {"after": after_id, "timetables": bigints(run.timetables), "people": each}
        [(found,)] = query(statement.format(period=Frequency(run.period)), values)
        return found  # type: ignore[no-any-return]  # a bigint

    def addition(self, after_id: int, through_id: int, limits: Limits) -> Addition:
        """Leaves the transaction with a planner that avoids nested loops."""
        run = self._run
        period = Frequency(run.period)
        other = Frequency.WEEKLY if period is Frequency.DAILY else Frequency.DAILY
        parts: dict[str, Any] = {"period": period, "other": other, "routine": Lane.ROUTINE.value}
        values: dict[str, Any] = {"after": after_id, "through": through_id, "since": run.since, "cut_off": run.cut_off}
        values |= {"timetables": bigints(run.timetables), "sinces": run.sinces}
        own = _own_of(run)
        if own is not None:
            values |= {"own_since": own[1], "own_other": _id_of_own(other)}
        values |= _former(parts, values, own)
        local = query(sql.LOCAL.format(**parts), values)
        if local:
            values |= {
                "local": bigints(bulletin for bulletin, _ in local),
                "reached": [reach.reached(areas) for _, areas in local],
            }
        parts |= sql.LOCAL_PARTS if local else dict.fromkeys(sql.LOCAL_PARTS, "")
        [(has_chosen,)] = query(sql.HAS_CHOSEN, values)
        parts["chosen"] = sql.CHOSEN.format(**parts) if has_chosen else ""
        parts["others_than_chosen"] = sql.OTHERS_THAN_CHOSEN if has_chosen else ""
        wanted = ([sql.WANTED_BY_OWN] if own else []) + ([sql.WANTED_BY_CHOSEN] if has_chosen else [])
        parts["wanted"] = " UNION ALL ".join(part.format(**parts) for part in wanted) or sql.NOBODY
        query(sql.HASHED, {})
        return Addition(sql.ADD.format(**parts, destination=limits.destination("each.subscriber_id")), values)


def _former(parts: dict[str, Any], values: dict[str, Any], own: tuple[int, Any] | None) -> dict[str, list[Any]]:
    among = sql.AMONG_CHOSEN.format(**parts) if own is None else ""
    found = query(sql.FORMER.format(**parts, among=among), values)
    columns = map(list, zip(*found, strict=True)) if found else ([], [], [], [])
    return dict(zip(("former", "former_topics", "former_since", "former_until"), columns, strict=True))


def _own_of(run: Dispatch) -> tuple[int, Any] | None:
    """The platform's own timetable among the run's, and until when its readers' digests had been made; None without.

    A run that was made before there were timetables is for everybody.
    """
    own = _id_of_own(Frequency(run.period))
    if not run.timetables:
        return own, run.since
    return next((one for one in zip(run.timetables, run.sinces, strict=True) if one[0] == own), None)


def _id_of_own(period: Frequency) -> int:
    return Timetable.objects.own().filter(period=period).values_list("pk", flat=True).first() or 0
