"""Django leaves out the word between a day and its hour."""

DATETIME_FORMAT = r"j F Y \à H:i"
