"""The Dockerfile builds from files that exist, starts the web server of the table, and takes nothing else in."""

import json
import re
import tomllib
from fnmatch import fnmatch

from django.core.management import get_commands

from govnotify import processes
from tests.architecture.image import of
from tests.architecture.project import NOT_IN_PRODUCTION, ROOMS, ROOT, tracked_files

RUNS = (*(f"{room}/" for room in ROOMS), "templates/", "locale/", "manage.py", "requirements/run.txt")
STAYS_OUT = [".env", ".git/config", ".venv/bin/python", "tests/conftest.py", "agencies/__pycache__/audit.pyc"]


def is_let_in(path: str) -> bool:
    """Whether .dockerignore leaves the path in: the last line that matches it, or a folder above it, decides."""
    let_in = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.lstrip("!")
        if pattern and not pattern.startswith("#") and _matches(path, pattern):
            let_in = line.startswith("!")
    return let_in


def _matches(path: str, pattern: str) -> bool:
    parts = path.split("/")
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return any(
        fnmatch(f"/{one}", f"*/{pattern[3:]}") if pattern.startswith("**/") else fnmatch(one, pattern) for one in above
    )


def test_the_image_starts_the_web_server_of_the_table_on_the_port_it_names() -> None:
    web = processes.web()

    assert json.loads(of("CMD")[-1]) == [web.module, *web.arguments]
    assert of("EXPOSE") == [web.arguments[web.arguments.index("--port") + 1]]


def test_what_is_copied_exists_and_is_let_in() -> None:
    copied = [source for rest in of("COPY") if not rest.startswith("--from=") for source in rest.split()[:-1]]

    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source == "." or is_let_in(source), source


def test_the_image_holds_what_runs_in_production_and_nothing_else() -> None:
    let_in = {path.as_posix() for path in tracked_files() if is_let_in(path.as_posix())}
    runs = {path.as_posix() for path in tracked_files() if path.as_posix().startswith(RUNS)}

    assert let_in == {path for path in runs if not path.startswith(NOT_IN_PRODUCTION)}
    assert [path for path in STAYS_OUT if is_let_in(path)] == []


def test_its_steps_call_commands_that_exist() -> None:
    called = re.findall(r"manage\.py (\w+)", "\n".join(of("RUN")))

    assert called
    assert set(called) <= get_commands().keys()


def test_both_stages_begin_with_the_python_that_the_project_asks_for() -> None:
    base = of("ARG")[0].removeprefix("BASE=")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]

    assert base.startswith(f"python:{wanted.removeprefix('>=')}-")
    assert {rest.removesuffix(" AS build") for rest in of("FROM")} == {"${BASE}"}


def test_it_does_not_run_as_root() -> None:
    *_, user = of("USER")

    assert user != "root"
    assert any(rest.startswith("useradd ") and rest.endswith(f" {user}") for rest in of("RUN"))
