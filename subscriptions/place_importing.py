"""Taking a file's places into the register: checked whole against what is there, then written in a few statements."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from agencies.audit import Actor, record
from govnotify.lib.database import query
from subscriptions.models import Place
from subscriptions.models.place import search_text
from subscriptions.place_files import PlaceRow, PlacesRefused

DEPTH = 10  # levels: a path must fit its column

INCOMING = """
CREATE TEMPORARY TABLE incoming_place (
    code text, name text, kind text, parent text, scheme text, geocodes text[], translations jsonb, geometry jsonb,
    bounds float8[], search_text text
) ON COMMIT DROP
"""
COPY = """
COPY incoming_place (code, name, kind, parent, scheme, geocodes, translations, geometry, bounds, search_text) FROM STDIN
"""
# A file without outlines leaves those that are there. What is as it was is not written again.
WRITE = """
INSERT INTO subscriptions_place AS p
       (code, name, kind, scheme, geocodes, translations, geometry, bounds, search_text, path)
SELECT code, name, kind, scheme, geocodes, translations, geometry, bounds, search_text, '/' FROM incoming_place
ON CONFLICT (code) DO UPDATE SET
    name = excluded.name, kind = excluded.kind, scheme = excluded.scheme, geocodes = excluded.geocodes,
    translations = excluded.translations, geometry = coalesce(excluded.geometry, p.geometry),
    bounds = coalesce(excluded.bounds, p.bounds), search_text = excluded.search_text, closed_at = NULL
WHERE (p.name, p.kind, p.scheme, p.geocodes, p.translations, p.geometry, p.search_text, p.closed_at) IS DISTINCT FROM
      (excluded.name, excluded.kind, excluded.scheme, excluded.geocodes, excluded.translations,
       coalesce(excluded.geometry, p.geometry), excluded.search_text, NULL)
RETURNING p.code, xmax = 0
"""
PARENTS = """
UPDATE subscriptions_place p SET parent_id = q.id
FROM incoming_place i LEFT JOIN subscriptions_place q ON q.code = i.parent
WHERE p.code = i.code AND p.parent_id IS DISTINCT FROM q.id
RETURNING p.code
"""
CLOSE = """
UPDATE subscriptions_place SET closed_at = now()
WHERE closed_at IS NULL AND scheme IN (SELECT scheme FROM incoming_place)
  AND code NOT IN (SELECT code FROM incoming_place)
RETURNING id
"""
# A closed place counts as the nearest open one around it.
PATHS = """
WITH RECURSIVE tree (id, path) AS (
    SELECT id, CASE WHEN closed_at IS NULL THEN '/' || id || '/' ELSE '/' END
    FROM subscriptions_place WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, t.path || CASE WHEN c.closed_at IS NULL THEN c.id || '/' ELSE '' END
    FROM subscriptions_place c JOIN tree t ON c.parent_id = t.id
)
UPDATE subscriptions_place p SET path = tree.path FROM tree WHERE tree.id = p.id AND p.path <> tree.path
"""
LISTENERS = """
SELECT (SELECT count(DISTINCT subscriber_id) FROM subscriptions_subscriberarea WHERE place_id = ANY(%(places)s)),
       (SELECT count(DISTINCT browser_id) FROM subscriptions_browserarea WHERE place_id = ANY(%(places)s))
"""


@dataclass(frozen=True, slots=True)
class Imported:
    added: int
    changed: int
    unchanged: int
    closed: int
    people: int  # who had chosen a place that was closed: they count as living in what it lay in
    browsers: int  # and so do these


@dataclass(frozen=True, slots=True)
class _Known:
    parent: str  # code; "" for the top
    scheme: str
    closed: bool


def import_places(rows: Sequence[PlaceRow], *, replace: bool = False, dry_run: bool = False) -> Imported:
    """Add and change these places; with `replace` close those of the same schemes that are not among them.

    All of it or nothing; a dry run does everything and takes it back. Raises PlacesRefused.
    """
    with transaction.atomic():
        query("LOCK TABLE subscriptions_place IN SHARE ROW EXCLUSIVE MODE", {})  # two imports would mix their trees
        known = _known()
        if faults := _faults(rows, known, replace=replace):
            raise PlacesRefused(faults)
        done = _write(rows, replace=replace)
        if dry_run:
            transaction.set_rollback(True)
        else:
            counts = {"added": done.added, "changed": done.changed, "closed": done.closed}
            record(actor=Actor.of(None), verb="places.imported", target=Place(), after=counts)
    return done


def _known() -> dict[str, _Known]:
    places = Place.objects.values_list("code", "parent__code", "scheme", "closed_at")
    return {code: _Known(parent or "", scheme, closed is not None) for code, parent, scheme, closed in places}


def _faults(rows: Sequence[PlaceRow], known: Mapping[str, _Known], *, replace: bool) -> list[str]:
    """What is wrong with the tree that the register would have with these rows."""
    faults: list[str] = []
    first: dict[str, PlaceRow] = {}
    for row in rows:
        if earlier := first.get(row.code):
            faults.append(f"{row.where}: the code “{row.code}” stands in {earlier.where} already: keep one")
        first.setdefault(row.code, row)
    schemes = {row.scheme for row in rows}
    closing = {
        code for code, place in known.items() if replace and place.scheme in schemes and code not in first
    }  # fmt: skip
    for row in rows:
        parent = known.get(row.parent)
        if row.parent and row.parent not in first and (parent is None or parent.closed or row.parent in closing):
            state = "no place" if parent is None else "a closed place" if parent.closed else "a place that it closes"
            faults.append(f"{row.where} (“{row.code}”): its parent “{row.parent}” is {state}: add it to the file")
    for code, place in known.items():
        if not place.closed and place.parent in closing and code not in first and code not in closing:
            faults.append(
                f"“{code}” would stay open in “{place.parent}”, which is not in the file: add that, or move it"
            )
    return faults or _tree_faults(first, known)


def _tree_faults(rows: Mapping[str, PlaceRow], known: Mapping[str, _Known]) -> list[str]:
    """Circles, and trees that are too deep."""
    parents = {code: place.parent for code, place in known.items()} | {code: row.parent for code, row in rows.items()}
    depth: dict[str, int] = {"": 0}
    faults = []
    for code, row in rows.items():
        trail: list[str] = []
        here = code
        while here not in depth and here not in trail:
            trail.append(here)
            here = parents.get(here, "")
        if here in trail:
            circle = " in ".join(f"“{one}”" for one in [*trail[trail.index(here) :], here][:8])
            faults.append(f"{row.where}: places lie in each other in a circle: {circle}")
        levels = depth.get(here, 0)
        for number, one in enumerate(reversed(trail), 1):
            depth[one] = levels + number
        if depth[code] > DEPTH and here not in trail:
            faults.append(f"{row.where} (“{code}”): {depth[code]} levels deep, at most {DEPTH}")
    return faults


def _write(rows: Sequence[PlaceRow], *, replace: bool) -> Imported:
    query(INCOMING, {})
    with connection.cursor() as cursor, cursor.copy(COPY) as lines:
        for row in rows:
            lines.write_row(_line(row))
    query("ANALYZE incoming_place", {})
    written = dict(query(WRITE, {}))
    added = {code for code, is_new in written.items() if is_new}
    changed = (written.keys() | {code for (code,) in query(PARENTS, {})}) - added
    closed = [place for (place,) in query(CLOSE, {})] if replace else []
    query(PATHS, {})
    [(people, browsers)] = query(LISTENERS, {"places": closed})
    query("DROP TABLE incoming_place", {})
    return Imported(len(added), len(changed), len(rows) - len(added) - len(changed), len(closed), people, browsers)


def _line(row: PlaceRow) -> tuple[object, ...]:
    names = [row.name, *(texts["name"] for texts in row.translations.values()), row.code]
    return (
        row.code, row.name, row.kind, row.parent, row.scheme, list(row.geocodes), json.dumps(row.translations),
        None if row.geometry is None else json.dumps(row.geometry),
        None if row.bounds is None else list(row.bounds), search_text(names),
    )  # fmt: skip
