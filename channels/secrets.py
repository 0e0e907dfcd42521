"""Small secrets at rest: encrypted with the first of several keys, readable with any of them."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UnusableKey(ValueError):  # noqa: N818  named as what happened
    """A key that is no Fernet key. The message never repeats any of it."""


class UnreadableSecret(Exception):  # noqa: N818  named as what happened
    """A stored secret that none of the keys opens, or that was changed."""


class SecretBox:
    """Authenticated encryption (Fernet) for short texts, such as endpoints' signing secrets.

    `keys` are 32 bytes in URL-safe base64 (`Fernet.generate_key()`), newest first. To rotate, put a new key
    in front, `rotate` what is stored, then drop the old one. Raises UnusableKey.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise UnusableKey("No key for stored secrets is set: make one with Fernet.generate_key()")
        self._box = MultiFernet([_fernet(key, place) for place, key in enumerate(keys, start=1)])

    def encrypt(self, text: str) -> str:
        """An ASCII token, about 1.4 times the text's length and 100 characters."""
        return self._box.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The text behind a token. Raises UnreadableSecret."""
        try:
            return self._box.decrypt(token.encode()).decode()
        except InvalidToken:
            raise _unreadable() from None

    def rotate(self, token: str) -> str:
        """The same text, encrypted with the first key. Raises UnreadableSecret."""
        try:
            return self._box.rotate(token.encode()).decode()
        except InvalidToken:
            raise _unreadable() from None


def _fernet(key: str, place: int) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise UnusableKey(
            f"Key {place} for stored secrets is not 32 bytes in URL-safe base64: take Fernet.generate_key()"
        ) from None


def _unreadable() -> UnreadableSecret:
    return UnreadableSecret("No key opens this stored secret: put the key that encrypted it back")
