"""The cache counts limits, and limits must not lock people out: with the broker's server gone it knows nothing.

Staff sign in and approve an emergency through pages that count attempts here.
"""

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)


class ForgetfulRedisCache(RedisCache):
    """Redis while it answers; else as if nothing had ever been kept, and new keys are always free."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return self._or(True, lambda: RedisCache.add(self, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._or(default, lambda: RedisCache.get(self, key, default, version))

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._or(None, lambda: RedisCache.set(self, *args, **kwargs))

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return self._or(False, lambda: RedisCache.touch(self, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return self._or(False, lambda: RedisCache.delete(self, *args, **kwargs))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return self._or(delta, lambda: RedisCache.incr(self, key, delta, version))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return self._or(False, lambda: RedisCache.has_key(self, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        nothing: dict[Any, Any] = {}
        return self._or(nothing, lambda: RedisCache.get_many(self, *args, **kwargs))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        nothing: list[Any] = []
        return self._or(nothing, lambda: RedisCache.set_many(self, *args, **kwargs))

    def _or(self, unknown: Any, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except (redis.RedisError, OSError) as error:
            logger.warning("the cache does not answer, its limits do not count: %s", error)
            return unknown
