"""For processes under libfaketime: Python sleeps until a monotonic moment, which libfaketime 0.9.10 refuses (EINVAL).

With it on PYTHONPATH they sleep for a duration instead, which is the same.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
