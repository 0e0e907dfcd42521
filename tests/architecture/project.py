"""The project's files, and the environment variables that it reads."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("govnotify", "agencies", "subscriptions", "channels", "alerts")
NOT_IN_PRODUCTION = ("govnotify/demo/", "govnotify/embedded/", "govnotify/wording/")


def tracked_files() -> list[Path]:
    """Relative to ROOT: what git keeps, and what it would add."""
    git = shutil.which("git") or pytest.skip("git is not installed: the project's files are not known")
    listed = subprocess.run(  # noqa: S603  our own command
        [git, "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip(f"git can't list the files of {ROOT}: {listed.stderr.strip()}")
    return [path for name in sorted(set(listed.stdout.split("\0"))) if name and (ROOT / (path := Path(name))).is_file()]


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Every Python file of the rooms, relative to ROOT, and what is in it."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return tuple((path.relative_to(ROOT), ast.parse(path.read_bytes())) for path in paths)


@cache
def variables_read() -> dict[str, str | None]:
    """Each environment variable that production reads, with its default as one would set it; None: it is made up."""
    found: dict[str, str | None] = {}
    for path, module in modules():
        if not path.as_posix().startswith(NOT_IN_PRODUCTION):
            found |= dict(_reads(module))
    return found


def _reads(module: ast.Module) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and _is_reader(node.func):
            name, *defaults = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "default")]
            assert isinstance(name, ast.Constant), f"the variable's name is not written down: {ast.unparse(node)}"
            assert isinstance(name.value, str)
            yield name.value, _written(defaults[0]) if defaults else ""


def _is_reader(function: ast.expr) -> bool:
    """`env.str`, `env.list` and so on (django-environ), or `os.environ.get`."""
    return isinstance(function, ast.Attribute) and (
        (isinstance(function.value, ast.Name) and function.value.id == "env" and function.attr != "db_url_config")
        or ast.unparse(function) == "os.environ.get"
    )


def _written(default: ast.expr) -> str | None:
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return None
    if value is None or value is False:
        return ""
    return ",".join(value) if isinstance(value, list) else str(value)
