"""What Celery has to know of the broker: Redis (or Valkey), or RabbitMQ with quorum queues.

docs/scaling.md compares them. Either carries hints and nothing else, so losing everything that it holds costs seconds.
"""

import socket
from typing import Any

import kombu
import redis
from django.conf import settings
from kombu.exceptions import OperationalError

from govnotify.lib.queues import Queue

ANSWER_SECONDS = 1  # of a broker that is asked whether it is there
# A host that is cut off says nothing. The kernel finds it out within 15 s, not after the 2 hours that are its default.
CUT_OFF = {
    socket.TCP_KEEPIDLE: 5,
    socket.TCP_KEEPINTVL: 5,
    socket.TCP_KEEPCNT: 2,
    socket.TCP_USER_TIMEOUT: 15_000,  # milliseconds
}
REDIS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 30,
    "socket_keepalive": True,
    "socket_keepalive_options": CUT_OFF,
    # Of a connection to send on; workers have their own. By default each hint waits 6 s for a broker that is gone.
    "max_retries": 0,
    # By default the transport sweeps for lost messages only about every 100 s.
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "visibility_timeout": 60,
}
RABBITMQ = {
    "connect_timeout": 1,
    "confirm_publish": True,  # a hint is with the broker when it says so, or is a failure that is logged
    "max_retries": 0,
    "socket_settings": CUT_OFF,
}


def broker_url() -> str:
    """BROKER_URL; without one, Redis carries the hints beside the cache."""
    url: str = settings.BROKER_URL or settings.REDIS_URL
    return url


def celery_settings() -> dict[str, Any]:
    """Celery's settings that depend on the broker: its address, the queues, how connections behave."""
    if not is_rabbitmq():
        return {"broker_url": broker_url(), "task_queues": _queues({}), "broker_transport_options": REDIS}
    return {
        "broker_url": broker_url(),
        "task_queues": _queues({"x-queue-type": "quorum"}),
        "broker_transport_options": RABBITMQ,
        # Celery keeps 28 queues for tasks with a countdown. We have none: the cheap kind will do for them.
        "broker_native_delayed_delivery_queue_type": "classic",
    }


def is_rabbitmq() -> bool:
    return broker_url().startswith(("amqp://", "amqps://"))


def broker_answers() -> bool:
    """Whether it answers within about ANSWER_SECONDS."""
    try:
        if is_rabbitmq():
            with kombu.Connection(
                broker_url(), transport_options=RABBITMQ | {"read_timeout": ANSWER_SECONDS}
            ) as connection:
                connection.connect()
        else:
            limits = {"socket_connect_timeout": ANSWER_SECONDS, "socket_timeout": ANSWER_SECONDS}
            with redis.Redis.from_url(broker_url(), **limits) as client:
                client.ping()
    except (OSError, OperationalError, redis.ConnectionError, redis.TimeoutError):
        return False
    return True


def _queues(arguments: dict[str, str]) -> list[kombu.Queue]:
    return [kombu.Queue(queue.value, routing_key=queue.value, queue_arguments=arguments) for queue in Queue]
