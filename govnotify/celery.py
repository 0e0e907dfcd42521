"""The Celery application: queues as hints, time kept by the database, one connection kept by each process."""

import os

from celery import Celery
from celery.signals import celeryd_init
from kombu import Queue as KombuQueue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")

from django.conf import settings

from alerts.watch import EmergencyWatch
from govnotify.lib.queues import TASK, Queue
from govnotify.safety import require_safe_settings

RECOVERY_SECONDS = 5.0

app = Celery("govnotify")
app.set_default()  # in every thread of the web server, not only in this one
app.conf.update(
    broker_url=settings.REDIS_URL,
    task_queues=[KombuQueue(queue.value, routing_key=queue.value) for queue in Queue],
    task_default_queue=Queue.HOUSEKEEPING.value,
    task_create_missing_queues=False,
    task_ignore_result=True,
    # A hint that is lost is repeated by recovery, so nothing is gained by acknowledging late.
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "socket_connect_timeout": 1,
        "socket_timeout": 30,
        # Of a connection to send on; workers have their own. By default each hint waits 6 s for a broker that is gone.
        "max_retries": 0,
        # By default the transport sweeps for lost messages only about every 100 s.
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "visibility_timeout": 60,
    },
    # Celery closes the database connection after every task unless told to keep it: 134 against 420 tasks/s.
    CELERY_DB_REUSE_MAX=100_000,
    beat_schedule={
        "recovery": {
            "task": TASK,
            "schedule": RECOVERY_SECONDS,
            "args": [Queue.HOUSEKEEPING.value],
            "options": {"queue": Queue.HOUSEKEEPING.value, "expires": RECOVERY_SECONDS},
        }
    },
    beat_schedule_filename=os.environ.get("BEAT_SCHEDULE", "/tmp/govnotify-beat"),  # noqa: S108  a cache of beat's own
)
app.autodiscover_tasks()
app.steps["worker"].add(EmergencyWatch)


@celeryd_init.connect
def _refuse_unsafe_settings(**_: object) -> None:
    require_safe_settings()
