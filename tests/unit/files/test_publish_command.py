"""`manage.py publish FILE… --dry-run`, as people run it: no server, no database, one line for each file."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.cap.builders import flood_xml
from tests.unit.files.test_front_matter import FILE

ROOT = Path(__file__).resolve().parents[3]
# Nobody listens on port 1: whoever asks the database or the broker fails.
NO_SERVERS = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}


@dataclass
class Answer:
    code: int
    lines: list[str]
    errors: str


def publish(*arguments: str | Path | bytes) -> Answer:
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "manage.py", "publish", *arguments],
        cwd=ROOT,
        env={**os.environ, **NO_SERVERS, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode().splitlines(), done.stderr.decode())


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    good, odd, bad = tmp_path / "good.md", tmp_path / "odd.xml", tmp_path / "bad.md"
    good.write_text(FILE)
    odd.write_bytes(flood_xml("<expires>2026-02-04T06:00:00+01:00</expires>"))
    bad.write_text(FILE.replace("title:", "tittle:").replace("[floods, milltown]", "floods"))
    return good, odd, bad


def test_each_file_gets_one_line_and_one_refusal_fails_the_whole(files: tuple[Path, Path, Path]) -> None:
    good, odd, bad = files
    answer = publish("--dry-run", *files)
    assert answer.lines == [
        f"ok  {good}",
        f"ok  {odd}  (warnings: info 1 (“en”) has no expires: say until when it holds)",
        (
            f"refused  {bad}  line 5, key tittle: not known: did you mean title?;"
            " line 1, key title: missing: add it to the front matter;"
            " line 3, key topics: not a list: write [first-topic, second-topic]"
        ),
    ]
    assert answer.errors == "CommandError: 1 of 3 files refused\n"
    assert answer.code == 1


def test_all_accepted_is_success_with_or_without_warnings(files: tuple[Path, Path, Path]) -> None:
    answer = publish(*files[:2], "--dry-run")
    assert (answer.code, answer.errors, len(answer.lines)) == (0, "", 2)


def test_a_hostile_path_or_content_still_makes_one_line(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/two\nlines \x1b[31m \xff"
    Path(os.fsdecode(name)).write_bytes(flood_xml(">Actual<", ">\x85ok  /etc/passwd\n<"))
    answer = publish("--dry-run", name)
    assert len(answer.lines) == 1
    assert answer.lines[0].startswith(f"refused  {tmp_path}/two lines �[31m \\xff  line 6, element status: ")
    assert answer.code == 1


@pytest.mark.parametrize("arguments", [[], ["--dry-run"], ["--dry-run", "--no-such", "x"], ["x"]])
def test_a_wrong_command_line_is_told_from_a_refusal(arguments: list[str]) -> None:
    answer = publish(*arguments)
    assert answer.code == 2
    assert answer.lines == []
