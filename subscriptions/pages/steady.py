"""The same time for everybody: what was written for a known address must not show in how long the answer took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# The work takes 6 to 14 ms (quartiles on a two-core machine), 3 ms more for an address that we know.
SECONDS = 0.1


@contextmanager
def steadily() -> Iterator[None]:
    """Leave a whole number of SECONDS after entering, also by an error.

    Not only no sooner: a visitor who keeps us so busy that the work takes longer would see the difference again.
    """
    begin = time.monotonic()
    try:
        yield
    finally:
        time.sleep((begin - time.monotonic()) % SECONDS)
