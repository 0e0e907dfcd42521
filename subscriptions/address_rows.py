"""The row that an address has: made where there is none, and moved to another address."""

from django.db.models import Q, QuerySet

from channels.address import Address
from subscriptions.address_key import address_key_of
from subscriptions.models import AddressChange, Subscriber

ADDRESS_FIELDS = ("email", "ascii_domain", "address_key")


def ensure_row(*, address: Address, language: str) -> QuerySet[Subscriber]:
    """The one row of this address, for the caller to lock; a new one is pending. The same statement for everybody."""
    new = Subscriber(language=language)
    set_address(new, address)
    Subscriber.objects.bulk_create([new], ignore_conflicts=True)
    return Subscriber.objects.filter(address_key=new.address_key)


def set_address(subscriber: Subscriber, address: Address) -> None:
    """Give the row, which the caller saves, its address: as typed, its domain for SQL, and its key."""
    is_plain = address.typed.rpartition("@")[2].isascii()
    subscriber.email = address.typed
    subscriber.ascii_domain = None if is_plain else address.domain
    subscriber.address_key = address_key_of(address.key)


def locked_rows(which: Q) -> dict[int, Subscriber]:
    """Rows by id, locked in one order whoever asks: two who want each other's address must not wait in a ring."""
    return {row.pk: row for row in Subscriber.objects.select_for_update().filter(which).order_by("pk")}


def stand_ins(which: Q) -> QuerySet[Subscriber]:
    """Pending rows that stand for an address in a change that is over, and for nothing else.

    One that a sign-up waits for is none, nor is one to which somebody's change can still be taken back.
    """
    needed = AddressChange.objects.exclude(former=None).values("former")
    return Subscriber.objects.filter(which, status=Subscriber.Status.PENDING, sign_ups=None).exclude(pk__in=needed)


def delete_stand_ins(which: Q) -> int:
    """Delete those; how many."""
    ids = list(stand_ins(which).values_list("pk", flat=True))
    Subscriber.objects.filter(pk__in=ids).delete()
    return len(ids)
