"""Web Push: notifications for browsers, encrypted for each (RFC 8291), signed with our key (RFC 8292), and posted."""
