"""PostgreSQL and Valkey from Python wheels, run as children: for the demo, the tests and the benchmarks.

Production names its own servers by DATABASE_URL and REDIS_URL and never comes here.
"""

from govnotify.embedded.child import Child, free_port
from govnotify.embedded.forked import Forked
from govnotify.embedded.postgres import Postgres
from govnotify.embedded.valkey import Valkey

__all__ = ["Child", "Forked", "Postgres", "Valkey", "free_port"]
