"""Template tags that pages of every room may use."""
