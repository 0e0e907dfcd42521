"""A compiled message: ready bytes with holes between them. Filling it is the one thing that is done per recipient."""

from collections.abc import Mapping, Sequence

from channels.message.holes import Hole
from channels.message.quoted_printable import MAX_LINE, break_softly


class HoleMismatch(KeyError):  # noqa: N818  named as what happened
    """The values are not exactly those of the message's holes."""

    def __str__(self) -> str:
        return str(self.args[0])


class CompiledMessage:
    """A message for many recipients. Immutable, and safe to share between threads.

    `parts` are fixed bytes and holes in turn; from index `body_from` on they are bodies in quoted-printable.
    """

    __slots__ = ("_body_tokens", "_fixed", "_order", "holes")

    def __init__(self, parts: Sequence[bytes | Hole], *, body_from: int) -> None:
        self._fixed = [b"" if isinstance(part, Hole) else part for part in parts]
        self._order = [part for part in parts if isinstance(part, Hole)]
        self._body_tokens = [at for at, part in enumerate(parts) if part is Hole.TOKEN and at >= body_from]
        self.holes = frozenset(self._order)

    def fill(self, values: Mapping[Hole, bytes]) -> bytes:
        """The message for one recipient: CRLF, dot-stuffed, ready to stand between DATA and the final dot.

        Takes 2 µs for 8 kB with five holes. The values' makers see to it that they are safe where they go:
        address_header_value, encode_fragment and channels.tokens. HoleMismatch when one is missing or too many.
        """
        if len(values) != len(self.holes):
            raise self._mismatch(values)
        parts = self._fixed.copy()
        try:
            parts[1::2] = [values[hole] for hole in self._order]
        except KeyError:
            raise self._mismatch(values) from None
        if self._body_tokens and len(values[Hole.TOKEN]) > MAX_LINE:
            broken = break_softly(values[Hole.TOKEN])
            for at in self._body_tokens:
                parts[at] = broken
        return b"".join(parts)

    def _mismatch(self, values: Mapping[Hole, bytes]) -> HoleMismatch:
        missing = ", ".join(sorted(self.holes - values.keys())) or "none"
        extra = ", ".join(sorted(values.keys() - self.holes)) or "none"
        return HoleMismatch(f"holes without a value: {missing}; values without a hole: {extra}")
