"""Public answers are kept in the web process for as long as their headers allow, and dropped when anything changes."""

from govnotify.page_cache.application import PageCache

__all__ = ["PageCache"]
