"""What everybody may read: topics, agencies, bulletins, alerts. These pages change nothing."""
