"""The cache counts limits, and limits must not lock people out: with its server gone it knows nothing.

Staff sign in and approve an emergency through pages that count attempts here.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)
T = TypeVar("T")


class ForgetfulRedisCache(RedisCache):
    """Redis while it answers; else as if nothing had ever been kept, and new keys are always free."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return _or(True, lambda: super(ForgetfulRedisCache, self).add(*args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or(default, lambda: super(ForgetfulRedisCache, self).get(key, default, version))

    def set(self, *args: Any, **kwargs: Any) -> None:
        _or(None, lambda: super(ForgetfulRedisCache, self).set(*args, **kwargs))

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return _or(False, lambda: super(ForgetfulRedisCache, self).touch(*args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return _or(False, lambda: super(ForgetfulRedisCache, self).delete(*args, **kwargs))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        try:
            return _or(delta, lambda: super(ForgetfulRedisCache, self).incr(key, delta, version))
        except ValueError:  # no such key: the server came back after it was to be added
            return delta

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return _or(False, lambda: super(ForgetfulRedisCache, self).has_key(*args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return _or({}, lambda: super(ForgetfulRedisCache, self).get_many(*args, **kwargs))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return _or([], lambda: super(ForgetfulRedisCache, self).set_many(*args, **kwargs))


def _or(unknown: T, ask: Callable[[], Any]) -> T:
    """What the server says; `unknown` when it does not answer."""
    try:
        return cast("T", ask())
    except (redis.RedisError, OSError) as error:
        logger.warning("the cache does not answer, its limits do not count: %s", error)
        return unknown
