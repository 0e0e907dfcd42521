"""What the operator's manual and the README say to type is true: variables, defaults, retries, shell, files."""

import re
import textwrap
from pathlib import Path

import pytest

from agencies.models import ApiKey, Membership, Role
from alerts.files.check import check_file
from alerts.lanes import RULES, Channel, Lane
from govnotify.lib.queues import Queue
from subscriptions.models import Topic
from tests.architecture import compose
from tests.architecture.project import ROOT, variables_read

MANUAL = ROOT / "docs/operations.md"
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \|(?P<must>[^|]*)\|(?P<default>[^|]*)\|(?P<meaning>[^|]+)\|$", re.MULTILINE)
OF_COMPOSE = {"POSTGRES_PASSWORD", "POSTGRES_SHARED_BUFFERS"}  # of the database that it runs
SET_BY_COMPOSE = {"DATABASE_URL", "REDIS_URL", "BEHIND_PROXY"}

UNITS = {"s": 1, "min": 60, "h": 3_600}
RETRIES = {
    Queue.EMERGENCY: RULES[Lane.EMERGENCY].retries[Channel.EMAIL],
    Queue.EMERGENCY_WEBHOOK: RULES[Lane.EMERGENCY].retries[Channel.WEBHOOK],
    Queue.TRANSACTIONAL: RULES[Lane.TRANSACTIONAL].retries[Channel.EMAIL],
    Queue.ROUTINE: RULES[Lane.ROUTINE].retries[Channel.EMAIL],
    Queue.EMERGENCY_PUSH: RULES[Lane.EMERGENCY].retries[Channel.PUSH],
    Queue.ROUTINE_PUSH: RULES[Lane.ROUTINE].retries[Channel.PUSH],
    Queue.WEBHOOK_RETRY: RULES[Lane.ROUTINE].retries[Channel.WEBHOOK],
}


def rows() -> dict[str, dict[str, str]]:
    return {row["name"]: row.groupdict() for row in ROW.finditer(MANUAL.read_text())}


def example(document: Path, language: str) -> str:
    """The first block of code in the language."""
    found = re.search(rf"^( *)```{language}\n(.*?)^\1```$", document.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{document} has no {language or 'plain'} example"
    return textwrap.dedent(found[2])


def test_the_manual_lists_every_variable_that_is_read_and_no_other() -> None:
    assert rows().keys() == variables_read().keys() | OF_COMPOSE


def test_the_manual_gives_the_defaults_that_the_settings_have() -> None:
    written = {name: row["default"].strip(" `") for name, row in rows().items()}
    real = {name: default for name, default in variables_read().items() if default is not None}

    assert {name: written[name] for name in real} == real


def test_the_manual_says_which_variables_must_be_set() -> None:
    marked = {name for name, row in rows().items() if row["must"].strip() == "yes"}

    assert marked - SET_BY_COMPOSE == compose.required()


@pytest.mark.parametrize("queue", RETRIES)
def test_the_manual_gives_the_retries_of_the_table(queue: Queue) -> None:
    """Of a schedule that its lane's lifetime cuts short it lists the steps that can happen."""
    row = re.search(rf"^\| `{queue}` \|.*\| (.*) \|$", MANUAL.read_text(), re.MULTILINE)
    assert row is not None
    steps = re.findall(r"(\d+) (s|min|h)\b", row[1].partition(" for ")[0])
    seconds = [int(number) * UNITS[unit] for number, unit in steps]
    lifetime = RULES[Lane.ROUTINE].lifetime
    assert lifetime is not None
    possible = [
        step
        for count, step in enumerate(RETRIES[queue])
        if sum(RETRIES[queue][: count + 1]) <= lifetime.total_seconds()
    ]

    assert seconds == possible


@pytest.mark.django_db
def test_what_the_manual_says_to_type_into_the_shell_makes_an_agency_with_an_editor_and_a_key() -> None:
    exec(example(MANUAL, "python"), {"print": str})  # noqa: S102  that is the test

    assert Topic.objects.public().get().agency.slug == "water"
    assert Membership.objects.get().role == Role.PUBLISHER
    assert ApiKey.objects.usable().get().scopes == ["bulletins"]


def test_the_readmes_bulletin_file_can_be_published(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    found = re.search(r"^```\n(---\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    file = tmp_path / "bulletin.md"
    file.write_text(found[1])

    assert check_file(file).ok, check_file(file).reasons
