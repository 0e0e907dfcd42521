"""Tables: migrations are complete, and the audit trail holds ids and never addresses."""

import ast
import re

import pytest
from django.core.management import call_command

from agencies.models import AuditEntry, AuditSeal
from tests.architecture.project import modules

LIKE_AN_ADDRESS = re.compile(r"mail|address|phone|recipient|(^|_)(ip|name|url)$")


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=1)


@pytest.mark.parametrize("model", [AuditEntry, AuditSeal])
def test_the_audit_trail_has_no_field_for_an_address_and_refers_to_nothing(model: type) -> None:
    for field in model._meta.get_fields():  # type: ignore[attr-defined]  # both are models
        assert not LIKE_AN_ADDRESS.search(field.name), field.name
        assert not field.is_relation, f"{field.name}: erasing what it refers to would touch the trail"


def test_nobody_records_an_address_in_the_audit_trail() -> None:
    """Looks at the words under which values are kept: `record(…, after={"topics": …})`."""
    named = [
        (f"{path}:{node.lineno}", key.value)
        for path, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"record", "audit.record"}
        for keyword in node.keywords
        if keyword.arg in {"before", "after"} and isinstance(keyword.value, ast.Dict)
        for key in keyword.value.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]

    assert named
    assert [(place, name) for place, name in named if LIKE_AN_ADDRESS.search(name)] == []
