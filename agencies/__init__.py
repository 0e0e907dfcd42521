"""Who speaks: agencies, staff and their roles, API keys, the audit trail."""
