"""The demo: the whole platform on one machine by one command; its people are invented, its mail stays here."""
