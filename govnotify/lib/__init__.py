"""The few things that all rooms share."""
