"""The Celery application: queues as hints, time kept by the database, one connection kept by each process."""

import os
from datetime import datetime

from celery import Celery
from celery.schedules import schedstate, schedule
from celery.signals import celeryd_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")

from alerts.watch import EmergencyWatch
from govnotify.broker import celery_settings
from govnotify.lib.queues import TASK, Queue
from govnotify.safety import require_safe_settings
from govnotify.warming import warm_up

RECOVERY_SECONDS = 5.0
# So that no backlog grows for ever while nobody keeps house. Not sooner, as the moment is absolute: with beat's host
# behind the worker's each round would have expired when it comes.
RECOVERY_EXPIRES = 7_200.0


class Every(schedule):
    """Every so many seconds, also after the clock was set back: by itself Celery waits until it has caught up."""

    def is_due(self, last_run_at: datetime) -> schedstate:
        if self.maybe_make_aware(last_run_at) > self.now():
            return schedstate(is_due=True, next=self.seconds)
        return super().is_due(last_run_at)


app = Celery("govnotify")
app.set_default()  # in every thread of the web server, not only in this one
app.conf.update(
    **celery_settings(),
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
    # A broker whose disk is full answers every command with an error. Without this each worker ends at the first one,
    # the emergency watch with it; with this they come back when it is well again.
    broker_channel_error_retry=True,
    # Celery closes the database connection after every task unless told to keep it: 134 against 420 tasks/s.
    CELERY_DB_REUSE_MAX=100_000,
    beat_schedule={
        "recovery": {
            "task": TASK,
            "schedule": Every(RECOVERY_SECONDS),
            "args": [Queue.HOUSEKEEPING.value],
            "options": {"queue": Queue.HOUSEKEEPING.value, "expires": RECOVERY_EXPIRES},
        }
    },
    beat_schedule_filename=os.environ.get("BEAT_SCHEDULE", "/tmp/govnotify-beat"),  # noqa: S108  a cache of beat's own
)
app.autodiscover_tasks()
app.steps["worker"].add(EmergencyWatch)


@celeryd_init.connect
def _refuse_unsafe_settings(**_: object) -> None:
    require_safe_settings()


@worker_init.connect
def _warm_up(**_: object) -> None:
    warm_up()
