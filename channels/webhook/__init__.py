"""Webhooks: what is said to a machine, how it is signed, and how it is sent without being led astray."""
