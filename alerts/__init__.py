"""What is said and what became of it: bulletins, alerts, dispatches, deliveries, lanes, reports."""
