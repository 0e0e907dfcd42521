"""What housekeeping does once in a while, and of several who keep house at once one."""

from datetime import timedelta

from govnotify.lib.database import query

CLAIM = """
INSERT INTO alerts_chore (name, done_at) VALUES (%(name)s, now())
ON CONFLICT (name) DO UPDATE SET done_at = now() WHERE alerts_chore.done_at < now() - %(every)s
RETURNING name
"""


def claim(name: str, *, every: timedelta) -> bool:
    """Whether the chore is due and the caller's: it was last begun longer ago than that, and counts as begun now."""
    return bool(query(CLAIM, {"name": name, "every": every}))
