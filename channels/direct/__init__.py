"""Mail straight to the recipients' own servers: MX look-up, one pool per destination, limits and back-off for each."""

from channels.direct.options import DirectOptions
from channels.direct.sender import DirectSender

__all__ = ["DirectOptions", "DirectSender"]
