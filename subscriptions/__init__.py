"""Who listens: topics, subscribers, endpoints, subscriptions, consent, suppression; the citizens' pages."""
