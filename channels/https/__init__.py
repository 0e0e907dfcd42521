"""HTTPS requests to addresses that others named: webhooks' endpoints, browsers' push services."""
