"""The audit trail: nobody changes it, and its seals show when somebody did all the same."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from agencies.audit import SETTLED, Actor, first_broken_seal, record, seal
from agencies.models import AuditEntry, AuditSeal
from tests.integration.staff.cast import a_person, an_agency

pytestmark = pytest.mark.django_db


def some_entries(count: int) -> None:
    agency = an_agency()
    person = a_person(agency)
    for number in range(count):
        record(actor=Actor.of(person), verb="agency.changed", target=agency, agency=agency, after={"number": number})


def settle() -> None:
    """As if the entries were old enough to be sealed; only a superuser of the database can do this."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE agencies_auditentry DISABLE TRIGGER append_only")
        AuditEntry.objects.update(at=timezone.now() - SETTLED - timedelta(seconds=1))
        cursor.execute("ALTER TABLE agencies_auditentry ENABLE TRIGGER append_only")


def test_the_database_refuses_to_change_or_remove_an_entry():
    some_entries(1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(verb="something.else")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_young_entries_are_not_sealed_because_older_ones_may_still_commit():
    some_entries(2)
    assert seal() == 0


def test_each_seal_chains_on_to_the_one_before():
    some_entries(3)
    settle()
    assert seal(limit=2) == 2
    assert seal(limit=2) == 1
    assert seal() == 0
    first, second = AuditSeal.objects.order_by("through_id")
    assert second.previous == first.digest
    assert first_broken_seal() is None


@pytest.mark.parametrize("tamper", ["UPDATE agencies_auditentry SET verb = 'x'", "DELETE FROM agencies_auditentry"])
def test_an_entry_changed_behind_the_triggers_back_breaks_its_seal(tamper):
    some_entries(3)
    settle()
    seal()
    victim = AuditEntry.objects.order_by("pk")[1].pk
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE agencies_auditentry DISABLE TRIGGER append_only")
        cursor.execute(tamper + " WHERE id = %s", [victim])
    assert first_broken_seal() == AuditSeal.objects.get()
