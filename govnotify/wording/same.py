"""Messages that are rightly the same as in English, by language: each language's list is short, and says why."""

_NAMES = {"API", "Webhook"}  # names of techniques, which are not translated
SAME: dict[str, frozenset[str]] = {
    "ar": frozenset(_NAMES),
    # Words that both languages have from Latin or French, spelt alike.
    "es": frozenset({*_NAMES, "Error", "Error:"}),
    "fr": frozenset(
        {
            *_NAMES, "Bulletin", "Bulletins", "%(number)s bulletin", "%(number)s bulletins", "Contact", "Correction",
            "Description", "Pages", "Public", "Site", "Suggestions", "TEST", "Test", "Type", "Urgent", "Urgent.",
        }
    ),
    # The unit of seconds, and words that Romanian has from French and English.
    "ro": frozenset(
        {
            *_NAMES, "%(seconds)s s", "%(shown)s browser", "Administrator", "Contact", "District", "E-mail", "Import",
            "Public", "Site", "TEST", "Test", "Text", "Urgent", "Urgent.",
        }
    ),
    "uk": frozenset({"API"}),
}  # fmt: skip
