"""DKIM signatures in process, where DKIM_KEYS names keys. By default none: the relay signs."""

from functools import cache

from django.conf import settings

from channels.dkim import DkimSigner, load_keys


def sign(message: bytes) -> bytes:
    """The message with a signature for each key of its From domain. Raises UnusableDkimKey."""
    keys = settings.DKIM_KEYS
    return _signer(tuple(keys)).sign(message) if keys else message


@cache
def _signer(entries: tuple[str, ...]) -> DkimSigner:
    return DkimSigner(load_keys(entries))
