"""The keyed hash by which an address is looked up and, once erased, kept from being written to."""

import hmac

from django.conf import settings

from channels.address import parse_address


def address_key(email: str) -> bytes:
    """32 bytes, equal for every spelling of one address (domain as A-labels, letters in any case).

    Raises channels.address.BadAddress where `email` is not an address.
    """
    return address_key_of(parse_address(email).key)


def address_key_of(comparison_key: str) -> bytes:
    """The hash of an address that is already in its comparison form (`Address.key`)."""
    return hmac.digest(settings.ADDRESS_HASH_KEY.encode(), comparison_key.encode(), "sha256")
