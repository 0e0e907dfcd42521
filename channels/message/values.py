"""Values that are safe to fill in, made from what the rest of the program has."""

import re

from channels.address import Address, AddressFault, BadAddress, parse_address

# A dot-atom in ASCII or UTF-8 (RFC 6532 section 3.2) and a domain in A-labels: no character in it ends the field, opens
# a quoted string or a comment, or begins a second address.
_MAILBOX = re.compile(r"[^\x00-\x20\x7f-\xa0()<>\[\]:;@\\,\"\u2028\u2029]{1,64}@[a-z0-9.-]{1,253}")


def address_header_value(address: Address) -> bytes:
    """`<local@domain>` for the ADDRESS hole. BadAddress when it wasn't made by parse_address, and can't stand there."""
    envelope = address.envelope
    if not _MAILBOX.fullmatch(envelope):
        parse_address(envelope, allow_special_domains=True)  # says what is wrong with it
        raise BadAddress(AddressFault.DOMAIN, address.domain)  # right as typed, and not in A-labels and lower case
    return b"<" + envelope.encode() + b">"
