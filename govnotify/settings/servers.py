"""The servers that every process needs: PostgreSQL, the broker, and Redis for limits."""

from typing import Any

from govnotify.settings.environment import env

DATABASE_URL = env.str("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/govnotify")
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
BROKER_URL = env.str("BROKER_URL", "")  # amqp://… for RabbitMQ; empty: the Redis above
DATABASES: dict[str, Any] = {"default": env.db_url_config(DATABASE_URL)}
# A host that is cut off says nothing, and one that hangs keeps its locks. Both ends find out within 15 s. The kernel's
# own patience is 2 hours, for which a batch would be locked.
DATABASE_PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
DATABASES["default"] |= {
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        **DATABASE_PATIENCE,
        # A session that stands still inside a transaction ends with the lease of its work (30 s).
        "options": (
            "-c idle_in_transaction_session_timeout=30s -c tcp_user_timeout=15s "
            "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
        ),
        **DATABASES["default"].get("OPTIONS", {}),
    },
}
# PostgreSQL itself, where DATABASE_URL leads to PgBouncer: web processes listen there for what changes.
DATABASE_SESSION_URL = env.str("DATABASE_SESSION_URL", "")
CACHES = {
    "default": {
        "BACKEND": "govnotify.lib.cache.ForgetfulRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "web",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
