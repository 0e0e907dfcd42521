"""Django's sessions in the database, asked only for keys that a session can have."""

from django.contrib.sessions.backends.db import SessionStore as InDatabase


class SessionStore(InDatabase):
    def _validate_session_key(self, key: str) -> bool:
        """A cookie may hold anything; "\\000", which PostgreSQL takes in no text, made every page an error."""
        fits = super()._validate_session_key(key)  # type: ignore[misc]  # not in the stubs
        return bool(fits) and key.isascii() and key.isalnum()
