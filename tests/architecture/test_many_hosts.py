"""Nothing assumes one host: no lock, file or memory of one machine decides, no session outlives a transaction."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from govnotify import processes
from tests.architecture.project import NOT_IN_PRODUCTION, modules

# What a process remembers, and why it may: nothing is decided by it. In channels/, which knows no database, a result
# depends on its arguments alone.
REMEMBERED = {
    "alerts/api/reference.py: operations": "made from the code",
    "alerts/cap/schema.py: _schema": "made from a file of the code",
    "alerts/engine/eligibility.py: is_correction": "what is published never changes",
    "alerts/engine/lifetime.py: end_of": "neither a dispatch's beginning nor an approved alert's end ever changes",
    "alerts/engine/digest_rendering.py: _run": "what a digest run says is fixed by its cut-off",
    "alerts/engine/records.py: record_batch": "made from the code",
    "alerts/engine/rendering.py: edition": "what was published never changes",
    "alerts/engine/runtime.py: _of_process": "loop and connections",
    "alerts/engine/runtime.py: pushes": "connections",
    "alerts/engine/runtime.py: webhooks": "connections",
    "alerts/engine/signing.py: _signer": "made from the settings",
    "govnotify/lib/queues.py: _messenger": "a thread",
    "govnotify/lib/local_time.py: zones": "the names of the time zones that came with the release",
    "govnotify/page_cache/key.py: _language": "depends on its arguments alone",
    "subscriptions/endpoints.py: guard": "made from the settings",
    "subscriptions/keys.py: secret_box": "made from the settings",
    "subscriptions/keys.py: signer": "made from the settings",
    "subscriptions/keys.py: vapid": "made from the settings",
    "subscriptions/browsers.py: push_guard": "made from the settings",
    "alerts/engine/pushing.py: payload": "what is published never changes",
    "alerts/engine/pushing.py: tag_of": "which dispatches one corrects never changes",
}
GLOBALS = {"alerts/engine/precedence.py": "when this process last looked at the rows that decide"}
# Locks between threads of one process, and what they protect.
THREAD_LOCKS = {
    "alerts/cap/schema.py": "lxml's schema, which is not made for two threads at once",
    "govnotify/page_cache/changes.py": "that one thread listens",
    "govnotify/page_cache/store.py": "what is kept: copies, of which each is as good as asking again",
}
OF_ONE_MACHINE = {"fcntl", "filelock", "multiprocessing", "shelve", "sqlite3", "tempfile", "dbm"}
WRITES = {"write_text", "write_bytes", "mkdir", "unlink", "rename", "symlink_to", "rmdir"}
# Of a PostgreSQL session rather than of a transaction: a pooler gives the next transaction another session. A table
# that is dropped with its transaction never sees another.
OF_A_SESSION = re.compile(
    r"\bpg_(try_)?advisory_lock|\bpg_advisory_unlock|\bLISTEN\s+\w|\bSET\s+SESSION\b|\bCREATE\s+TEMP|\bPREPARE\s+\w"
    r"|\bDECLARE\s+\w+\s+CURSOR",
)
# What has a connection of its own to PostgreSQL itself, and what becomes of it behind a pooler.
SESSIONS = {"govnotify/page_cache/changes.py": "it notices, and pages are kept for a second only"}


def production() -> Iterator[tuple[str, ast.Module]]:
    """The modules that run in production; migrations run alone."""
    for path, module in modules():
        name = path.as_posix()
        if not name.startswith(NOT_IN_PRODUCTION) and "/migrations/" not in name:
            yield name, module


def calls(module: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield node, node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def functions(module: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, set[str]]]:
    """Each function with its decorators, without their arguments and the modules that they come from."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, {ast.unparse(one).partition("(")[0].rpartition(".")[2] for one in node.decorator_list}


def test_nothing_of_one_machine_is_imported() -> None:
    imported = [
        f"{path}: {name}"
        for path, module in production()
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        if name.partition(".")[0] in OF_ONE_MACHINE
    ]

    assert imported == [], "locks and data belong into PostgreSQL, where every host finds them"


def test_no_file_is_written() -> None:
    """Uploads would go through Django's storages; logs go to standard error."""
    written = [
        f"{path}:{call.lineno}: {ast.unparse(call)[:80]}"
        for path, module in production()
        for call, name in calls(module)
        if name in WRITES or (name in {"open", "fdopen"} and _opens_for_writing(call))
    ]

    assert written == []


def test_a_process_remembers_only_what_decides_nothing() -> None:
    found = {
        f"{path}: {function.name}"
        for path, module in production()
        if not path.startswith("channels/")
        for function, decorators in functions(module)
        if decorators & {"cache", "lru_cache"}
        or (decorators & {"cached_property"} and path == "alerts/engine/runtime.py")
    }

    assert found - REMEMBERED.keys() == set(), "say in REMEMBERED why every host may have a memory of its own of this"
    assert REMEMBERED.keys() - found == set()


def test_no_module_keeps_a_state_that_functions_change() -> None:
    changed = {path for path, module in production() for node in ast.walk(module) if isinstance(node, ast.Global)}
    locks = {path for path, module in production() if "threading.Lock" in ast.unparse(module)}

    assert changed == GLOBALS.keys()
    assert locks == THREAD_LOCKS.keys()


def test_what_hosts_share_is_with_the_servers() -> None:
    assert "redis" in settings.CACHES["default"]["LOCATION"]
    assert [name for name in settings.CACHES if name != "default"] == []
    assert issubclass(import_module(settings.SESSION_ENGINE).SessionStore, SessionStore)


def test_nothing_needs_a_session_of_the_database_for_itself() -> None:
    """So that PgBouncer may stand between, with a pool of transactions."""
    needed = [
        f"{path}:{node.lineno}: {found.group()}"
        for path, module in production()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if (found := OF_A_SESSION.search(node.value)) and "ON COMMIT DROP" not in node.value
        if path not in SESSIONS
    ]

    assert needed == []


def test_a_cursor_on_the_server_lives_inside_a_transaction() -> None:
    outside = [
        f"{path}: {function.name}"
        for path, module in production()
        for function, decorators in functions(module)
        if "atomic" not in decorators and any(name == "iterator" for _, name in calls(ast.Module(function.body, [])))
    ]

    assert outside == [], "decorate it with transaction.atomic: a pooler loses cursors that outlive a transaction"


def test_the_database_ends_the_sessions_of_a_host_that_is_gone() -> None:
    """Its locks would hold up a batch for the two hours after which the kernel misses it."""
    options = settings.DATABASES["default"]["OPTIONS"]

    assert "idle_in_transaction_session_timeout" in options["options"]
    assert options["tcp_user_timeout"] > 0


@pytest.mark.parametrize("process", [one for one in processes.background() if one.queue], ids=lambda one: one.name)
def test_a_workers_name_has_its_hosts_name_in_it(process: processes.Process) -> None:
    assert process.arguments[process.arguments.index("-n") + 1] == f"{process.queue}@%h"


def _opens_for_writing(call: ast.Call) -> bool:
    values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    modes = [set(one.value) for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return any(mode <= set("rwabxt+") and mode & set("wax+") for mode in modes)
