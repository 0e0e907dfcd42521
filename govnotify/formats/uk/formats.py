"""Django writes the first nine days with a nought, and leaves out the comma between a day and its hour."""

DATE_FORMAT = "j E Y р."
DATETIME_FORMAT = "j E Y р., H:i"
