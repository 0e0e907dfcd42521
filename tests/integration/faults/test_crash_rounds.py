"""Rounds of the crash benchmark: those whose fault once cost duplicates or recipients, and some of everything."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[3]


def played(*, rounds: int, seed: int, only: str = "") -> dict[str, object]:
    """What the benchmark prints at last; its other lines come with a failure."""
    command = [
        sys.executable,
        "-m",
        "bench.crash",
        "--rounds",
        str(rounds),
        "--recipients",
        "12000",
        "--seed",
        str(seed),
    ]
    done = subprocess.run([*command, "--only", only], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if "No fault that this machine allows" in done.stderr:
        pytest.skip(done.stdout + done.stderr)  # it says what is missing: root, or the package faketime
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize(
    "fault",
    [
        "PostgreSQL away for 40 s",  # forgot what was accepted: 200 duplicates a sender
        "broker's disk full",  # every worker ended of it
        "clock set forward an hour",  # every batch under way was sent twice over, 200 messages of it
        "clock of the workers' host set forward",
    ],
)
def test_a_fault_that_once_did_harm_does_none(fault: str) -> None:
    told = played(rounds=1, seed=1, only=fault)
    assert (told["missing"], told["duplicates"]) == (0, 0)


def test_four_faults_from_the_seeded_list_lose_nobody() -> None:
    told = played(rounds=4, seed=20261122)
    assert told["missing"] == 0
