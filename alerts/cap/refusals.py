"""Why a message is not taken or not sent: exceptions that carry every reason, not only the first."""


class Refused(Exception):  # noqa: N818 -- refusing is what the function is for, not a failure of it
    """`reasons` are sentences for people: each names the thing and the way out."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class CapRefused(Refused):
    """A message that came in is not taken."""


class CapUnsendable(Refused):
    """A message of our own must not go out."""
