"""One Celery task per recipient that sends with Django's mail: the textbook's way. CELERY_KEEP=1 keeps connections."""

import os

from bench.peers.project import configure, letter, run, subscribers_in_batches

configure()

from celery import Celery  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.peers.newsletter.models import Delivery  # noqa: E402

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.project"  # where this is unset Celery leaves connections alone
app = Celery("newsletter", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
if os.environ.get("CELERY_KEEP"):
    app.conf.update(CELERY_DB_REUSE_MAX=100_000)


@app.task(name="send_letter")
def send_letter(delivery_id: int) -> None:
    """Send one letter and note that it was sent; one that was sent is not sent again."""
    delivery = Delivery.objects.select_related("subscriber").get(pk=delivery_id)
    if delivery.sent_at is None:
        letter(delivery.subscriber.email).send()
        Delivery.objects.filter(pk=delivery_id).update(sent_at=timezone.now())


def publish() -> None:
    """A row and a task for everybody."""
    for people in subscribers_in_batches():
        for delivery in Delivery.objects.bulk_create(Delivery(subscriber_id=pk) for pk, _ in people):
            send_letter.delay(delivery.pk)


def send() -> None:
    """The worker, with as many processes as there are cores."""
    app.worker_main(["worker", "--loglevel", "WARNING", "--concurrency", str(os.cpu_count() or 1)])


if __name__ == "__main__":
    run(publish=publish, send=send)
