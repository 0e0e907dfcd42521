"""Takes a lock in a transaction, by the platform's own connection, and stands still: what a host does that is gone.

python -m tests.cluster.holder
"""

import sys
import time

import django
from django.db import connection, transaction

LOCK = 4_711


def main() -> None:
    django.setup()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        sys.stdout.write("The lock is held, ready.\n")
        sys.stdout.flush()
        time.sleep(3_600)


if __name__ == "__main__":
    main()
