"""Two hosts of workers: each lane runs on both, one may be cut off or hang, and a second one adds its rate."""

import pytest
from celery import Celery

from alerts.lanes import UNRECORDED
from govnotify.lib.queues import Queue
from govnotify.processes import CONCURRENCY, Process
from tests.cluster.cluster import PATIENCE, Cluster
from tests.cluster.holder import LOCK
from tests.cluster.hosts import Published

pytestmark = pytest.mark.long
PEOPLE = 4_000
MORE_PEOPLE = 6_000  # seven batches, so that four senders have something to do until near the end
HOLDER = Process("holder", "tests.cluster.holder", ())
SENDERS = CONCURRENCY[Queue.ROUTINE]  # of a host, each with a window of its own


def answering(cluster: Cluster) -> set[str]:
    """The names of the workers that answer through the broker."""
    with cluster.servers.inside(), Celery(broker=cluster.servers.own_broker_url) as client:
        return {name for answer in client.control.ping(timeout=2.0) or [] for name in answer}


def doubled(cluster: Cluster, published: Published) -> int:
    """How many mails were more than one to each; fails when somebody is missing."""
    counted = cluster.servers.counted(published.people)
    assert len(counted) == len(published.people), f"{len(published.people) - len(counted)} missing"
    return counted.total() - len(counted)


def test_every_lane_runs_on_both_hosts_under_a_name_of_its_own(hosts: Cluster) -> None:
    wanted = {f"{queue}@{host.name}" for queue in Queue for host in hosts.hosts}
    hosts.wait_until(lambda: answering(hosts) >= wanted, f"{len(wanted)} workers answer by their own names")


def test_both_hosts_send_and_everybody_is_written_to_once(hosts: Cluster) -> None:
    published = hosts.publish("both", PEOPLE)
    hosts.wait_until(lambda: hosts.is_done(published), "the bulletin has gone out")

    assert doubled(hosts, published) == 0
    assert all(hosts.taken_from(host, published) for host in hosts.hosts)


@pytest.mark.parametrize("fault", ["cut off", "hanging"])
def test_a_host_that_is_gone_in_the_middle_and_comes_back_loses_nothing(hosts: Cluster, fault: str) -> None:
    gone, other = hosts.hosts
    published = hosts.publish(fault.split(maxsplit=1)[0], PEOPLE)
    hosts.wait_until(lambda: hosts.taken_from(gone, published) >= PEOPLE // 8, "the host is in the middle of it")
    if fault == "cut off":
        hosts.switch.pull(gone)
    else:
        gone.hang()
    at_fault = hosts.taken_from(gone, published)
    assert at_fault < PEOPLE // 2
    hosts.wait_until(lambda: hosts.is_done(published), "the other host has sent the rest")
    assert doubled(hosts, published) <= UNRECORDED * SENDERS

    hosts.switch.plug(gone)
    gone.go_on()
    other.stop(Queue.ROUTINE)
    alone = hosts.publish(f"back-{fault.split(maxsplit=1)[0]}", 500)
    hosts.wait_until(lambda: hosts.is_done(alone), "the host that came back sends by itself again")
    assert doubled(hosts, alone) == 0
    twice = doubled(hosts, published)
    print(f"{fault}: {at_fault} sent before, {twice} twice")  # noqa: T201  pytest -s shows it
    assert twice <= UNRECORDED * SENDERS


@pytest.mark.parametrize("fault", ["cut off", "hanging"])
def test_a_host_that_is_gone_gives_back_its_locks(hosts: Cluster, fault: str) -> None:
    """By itself the kernel would miss a cut connection after two hours, and a stopped process never."""
    gone, _ = hosts.hosts
    gone.start([HOLDER])
    hosts.wait_until(lambda: gone.is_ready, "the lock is held")
    if fault == "cut off":
        hosts.switch.pull(gone)
    else:
        gone.hang()

    hosts.servers.lock(LOCK, patience=PATIENCE)
    gone.go_on()
    gone.stop(HOLDER.name)


def test_a_second_host_adds_its_rate(hosts: Cluster) -> None:
    """What limits the rate is the mail server's pace for each connection: the hosts share one machine's processors."""
    _, other = hosts.hosts
    other.stop(Queue.ROUTINE)
    alone = rate(hosts, "alone")
    hosts.all_running()
    together = rate(hosts, "together")
    print(f"one host {alone:.0f}/s, two {together:.0f}/s: {together / alone:.2f} times")  # noqa: T201

    assert together > 1.5 * alone


def rate(cluster: Cluster, slug: str) -> float:
    """Messages a second at the mail server, of the middle half: the beginning has one small batch for one host."""
    published = cluster.publish(slug, MORE_PEOPLE)
    cluster.wait_until(lambda: cluster.is_done(published), "the bulletin has gone out")
    times = sorted(mail.at for mail in cluster.servers.accepted(published.people))
    quarter = len(times) // 4
    return 2 * quarter / (times[3 * quarter] - times[quarter])
