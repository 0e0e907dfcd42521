"""Tests wait for what they expect, for as long as a machine may take that does other things as well."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from hypothesis import settings

from tests.architecture.project import ROOT

# What looks at once, and what waits instead.
AT_ONCE = {
    "is_visible": "expect(…).to_be_visible()",
    "is_hidden": "expect(…).to_be_hidden()",
    "is_checked": "expect(…).to_be_checked()",
    "is_enabled": "expect(…).to_be_enabled()",
    "is_disabled": "expect(…).to_be_disabled()",
    "inner_text": "expect(…).to_have_text()",
    "text_content": "expect(…).to_have_text()",
    "all_inner_texts": "expect(…).to_have_text([…])",
    "all_text_contents": "expect(…).to_have_text([…])",
    "input_value": "expect(…).to_have_value()",
}


WAITS = {"wait_until", "until"}


def test_no_browser_test_looks_before_the_page_is_there() -> None:
    """After a click the next page is there before it is whole."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {AT_ONCE[call.attr]} waits, {call.attr}() does not"
        for path in sorted((ROOT / "tests/browser").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(call, ast.Attribute) and call.attr in AT_ONCE
    ]
    assert not found, "\n".join(found)


def test_no_page_is_closed_while_what_was_clicked_is_under_way() -> None:
    """What it saves is perhaps not saved yet, and Chromium may never answer then."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: put the click into `with page.expect_navigation():`"
        for path in sorted((ROOT / "tests/browser").rglob("*.py"))
        for line in _closed_after_a_click(ast.parse(path.read_bytes()))
    ]
    assert not found, "\n".join(found)


def test_no_expectation_has_a_patience_of_its_own() -> None:
    found = [
        f"{place}: leave the patience to tests/browser/launching.py"
        for place, call in _calls_in("tests/browser")
        if isinstance(call.func, ast.Attribute) and call.func.attr.startswith(("to_", "not_to_"))
        if any(word.arg == "timeout" for word in call.keywords)
    ]
    assert not found, "\n".join(found)


def test_nothing_is_waited_for_that_is_true_of_one_row_as_of_all() -> None:
    """That the states of all rows are {"sent"} is true as soon as the first is sent and the second not made yet."""
    found = [
        f"{place}: {ast.unparse(one)} is true too early: count the rows"
        for place, call in _calls_in("tests")
        if _name(call) in WAITS
        for word in call.args
        for one in ast.walk(word)
        if isinstance(one, ast.Compare) and any(_is_set_of_one(side) for side in (one.left, *one.comparators))
    ]
    assert not found, "\n".join(found)


def test_no_example_has_a_time_limit() -> None:
    """The library's own is 0.2 s where it does not take the machine for one of CI. tests/conftest.py lifts it."""
    assert settings.default is not None
    assert settings.default.deadline is None


def _calls_in(folder: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of the Python files in a folder, with its place."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_set_of_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Set) and len(node.elts) == 1


def _closed_after_a_click(tree: ast.Module) -> Iterator[int]:
    for block in ast.walk(tree):
        body = getattr(block, "body", None)
        for one, following in pairwise(body if isinstance(body, list) else []):  # a lambda's is an expression
            if _calls(one, "click") and _calls(following, "close"):
                yield following.lineno


def _calls(statement: ast.stmt, name: str) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == name
