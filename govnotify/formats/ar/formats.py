"""Django has no form of its own for a day with its hour in Arabic: it takes an order and a comma of English."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y، H:i"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y، H:i"
# Digits are those of the pages, 0 to 9, and so are the signs between them; Django sets thousands apart by nothing.
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
