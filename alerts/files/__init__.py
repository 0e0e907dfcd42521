"""Bulletins and alerts as files: one Markdown file with front matter, or one CAP 1.2 message."""
