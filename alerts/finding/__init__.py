"""Finding what was said: search, the archive, popular topics, and what was sent to one person."""
