"""Lines of the log without the tokens that stand in web addresses: whoever reads the log must not act for people."""

import logging
import re

# The pages behind links in mails. Django names the path of every request that it refuses, of one with a good token too.
_TOKEN = re.compile(r"(/(?:confirm|u|me/sign-in|me/address/confirm|me/address/refuse)/)[A-Za-z0-9_-]{8,}")


class WithoutTokens(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """The line and its traceback, with "…" for each token."""
        return _TOKEN.sub(r"\1…", super().format(record))
