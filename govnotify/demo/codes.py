"""The six digits of this moment for the demo's staff sign-ins: python -m govnotify.demo.codes STATE.

A real member of staff reads them off an authenticator app; the demo's people have theirs in the state folder.
"""

import base64
import hmac
import sys
import time
from pathlib import Path

from govnotify.demo.state import Secrets

PERIOD = 30  # seconds; with six digits and SHA-1 what every authenticator app does (RFC 6238)
SUFFIX = " second factor"  # of a person's address: the name of their secret


def code(secret: str, moment: float) -> str:
    """The code at `moment` (seconds since the epoch) of a secret in Base32 (RFC 4226 section 5.3)."""
    counter = int(moment // PERIOD).to_bytes(8)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 1_000_000:06}"


def main() -> None:
    known = Secrets(Path(sys.argv[1])).with_suffix(SUFFIX)
    if not known:
        raise SystemExit(f"There are no sign-ins in {sys.argv[1]}: run make demo first.")
    now = time.time()
    for email, secret in known.items():
        sys.stdout.write(f"  {email:<45} {code(secret, now)}\n")
    sys.stdout.write(f"Good for {PERIOD - int(now) % PERIOD} more seconds.\n")


if __name__ == "__main__":
    main()
