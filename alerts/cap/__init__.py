"""OASIS Common Alerting Protocol 1.2: read tolerantly, write strictly. No Django, no database, no network."""
