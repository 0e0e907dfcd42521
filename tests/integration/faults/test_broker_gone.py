"""The broker forgets everything, or is gone: the database knows what is to be done."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from django.conf import settings

from agencies.models import Role
from alerts.acts.alerting import content_hash
from alerts.lanes import RULES, Lane
from alerts.models import Dispatch
from govnotify.embedded import Valkey
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from tests.engine import hints_are_said
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, doubled, has_reached, somebody
from tests.integration.staff.cast import an_alert

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 2_000
APPROVE = """
import json, sys, django
django.setup()
from agencies.models import User
from alerts.acts.alerting import approve_alert
from alerts.models import Alert
said = json.loads(sys.argv[1])
alert, approver = Alert.objects.get(pk=said["alert"]), User.objects.get(pk=said["approver"])
print(approve_alert(alert=alert, approver=approver, seen_hash=said["seen"]).pk)
"""


def test_a_broker_wiped_before_and_in_the_middle_loses_nothing(platform: Platform, inbox: Inbox) -> None:
    topic, people = a_crowd("water", PEOPLE)
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        hints_are_said()
        broker.flushdb()
        dispatch = a_bulletin_sent(topic)
        hints_are_said()
        assert broker.llen(Queue.ROUTINE.value) == RULES[Lane.ROUTINE].workers
        broker.flushdb()  # nobody has seen them
        platform.start(worker(Queue.ROUTINE), worker(Queue.HOUSEKEEPING), beat())
        for wiped_at in range(100, PEOPLE, 400):
            platform.wait_until(lambda at=wiped_at: len(inbox.mails) >= at, f"{wiped_at} mails")  # type: ignore[misc]
            broker.flushdb()
    platform.wait_until(lambda: has_reached(dispatch, people), "the bulletin has gone out")
    assert doubled(inbox.recipients(), people) == 0


def test_an_emergency_goes_out_with_the_broker_gone(transactional_db: None, inbox: Inbox, tmp_path: Path) -> None:
    """Approved by a process that reaches no broker, sent by a worker that lost it: the database tells them."""
    topic, people = a_crowd("rescue", 100)
    alert = an_alert(topic, somebody(topic.agency, Role.OPERATOR))
    approver = somebody(topic.agency, Role.APPROVER)
    broker = Valkey(tmp_path / "valkey")
    broker.start()
    platform = Platform(tmp_path, inbox, broker.url())
    try:
        platform.start(worker(Queue.EMERGENCY))
        broker.stop()
        said = json.dumps({"alert": alert.pk, "approver": approver.pk, "seen": content_hash(alert)})
        approved = subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-c", APPROVE, said],
            env=platform.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert approved.returncode == 0, approved.stderr
        assert "no hint for queue emergency" in approved.stderr
        dispatch = Dispatch.objects.get(pk=int(approved.stdout))
        platform.wait_until(lambda: has_reached(dispatch, people), "the emergency has gone out")
    finally:
        platform.stop()
        broker.stop()
    assert doubled(inbox.recipients(), people) == 0
