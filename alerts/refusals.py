"""Why the engine's verbs refuse: what the pages and the API tell the person who asked."""


class NotAllowed(Exception):  # noqa: N818  named as what happened
    """Who asked may not do this; the message says what it takes."""


class NotPossible(Exception):  # noqa: N818  named as what happened
    """It can't be done to this thing as it stands; the message says why and the way out."""
