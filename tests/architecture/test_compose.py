"""docker-compose.yml says nothing that isn't so: its commands, variables, ports and health checks are the project's."""

import re
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from govnotify import processes
from tests.architecture import compose
from tests.architecture.project import variables_read

PROCESSES = {process.name: process for process in [processes.web(), *processes.background()]}
# Set by the image or by nobody: an option that must not be turned on in production, and folders inside the container.
NOT_HANDED_ON = {"DEBUG", "STATIC_ROOT", "BEAT_SCHEDULE"}


def test_there_is_a_service_for_every_process_and_one_that_migrates() -> None:
    assert compose.ours().keys() == PROCESSES.keys() | {"migrate"}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_service_runs_the_command_of_the_table(name: str) -> None:
    process = PROCESSES[name]

    assert compose.command(compose.ours()[name]) == [process.module, *process.arguments]


def test_services_hand_on_every_variable_that_the_project_reads_and_no_other() -> None:
    for name, service in compose.ours().items():
        assert service["environment"].keys() == variables_read().keys() - NOT_HANDED_ON, name


def test_a_service_waits_for_services_that_exist_and_can_be_waited_for() -> None:
    for name, service in compose.services().items():
        for other, wait in service.get("depends_on", {}).items():
            awaited = compose.services()[other]
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in awaited, f"{name} waits for {other}, which has no health check"
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert awaited["restart"] == "no", f"{name} waits for the end of {other}, which starts again"


def test_the_addresses_of_the_servers_are_services_with_those_names_and_accounts() -> None:
    values = dict.fromkeys(compose.required(), "word")
    web = compose.environment(compose.ours()["web"], values)
    database, broker = urlsplit(web["DATABASE_URL"]), urlsplit(web["REDIS_URL"])
    account = compose.services()[str(database.hostname)]["environment"]

    assert database.username == account["POSTGRES_USER"]
    assert database.path == f"/{account['POSTGRES_DB']}"
    assert (database.port, broker.port) == (5432, 6379)
    assert "valkey" in compose.services()[str(broker.hostname)]["image"]


def test_only_the_web_server_is_published_and_to_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in compose.services().items() if "ports" in service}
    command = compose.command(compose.ours()["web"])
    port = command[command.index("--port") + 1]

    assert published == {"web": [f"127.0.0.1:{port}:{port}"]}


def test_the_web_servers_health_check_asks_for_a_page_that_exists_on_the_port_that_it_serves() -> None:
    command = compose.command(compose.ours()["web"])
    found = re.search(r"http://[^']+", " ".join(compose.health_command(compose.ours()["web"])))
    assert found is not None
    address = urlsplit(found.group())

    assert resolve(address.path).url_name == "health_live"
    assert str(address.port) == command[command.index("--port") + 1]


@pytest.mark.parametrize("name", [name for name, process in PROCESSES.items() if process.queue])
def test_a_workers_health_check_asks_the_worker_by_its_own_name(name: str) -> None:
    service = compose.ours()[name]
    command = compose.command(service)
    node = command[command.index("-n") + 1].replace("%h", "$HOSTNAME")

    assert f" -d {node} " in compose.health_command(service)[-1]


def test_what_is_kept_stands_on_volumes_that_are_declared() -> None:
    used = {
        volume.partition(":")[0] for service in compose.services().values() for volume in service.get("volumes", [])
    }

    assert used == compose.document()["volumes"].keys()
