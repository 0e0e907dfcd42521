"""E-mail addresses: what somebody typed, checked, in the forms that are compared, sent and kept.

Compared with the domain as A-labels in lower case and the local part case-insensitively; kept and sent to as typed.
"""

import enum
import re
import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

MAX_OCTETS = 254  # RFC 3696 erratum 1690: the path of RFC 5321 section 4.5.3.1.3 without its angle brackets
MAX_LOCAL_OCTETS = 64  # RFC 5321 section 4.5.3.1.1
_NO_DOTS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}  # receivers that read names without their dots


class AddressFault(enum.StrEnum):
    """What is wrong with an address: a page translates by this, the English is in the error's message."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    LOCAL_TOO_LONG = "local-too-long"
    LINE_BREAK = "line-break"
    SPACE = "space"
    INVISIBLE = "invisible"
    QUOTED = "quoted"
    NO_AT = "no-at"
    MANY_AT = "many-at"
    NO_LOCAL = "no-local"
    NO_DOMAIN = "no-domain"
    CHARACTER = "character"
    DOTS = "dots"
    DOMAIN_LITERAL = "domain-literal"
    DOMAIN = "domain"


_MESSAGES = {
    AddressFault.EMPTY: "Enter an e-mail address.",
    AddressFault.TOO_LONG: f"The e-mail address is too long: at most {MAX_OCTETS} characters can be delivered to.",
    AddressFault.LOCAL_TOO_LONG: f"The part before the @ is too long: at most {MAX_LOCAL_OCTETS} characters.",
    AddressFault.LINE_BREAK: "Enter one e-mail address without line breaks.",
    AddressFault.SPACE: "An e-mail address can't have spaces in it. Remove the space.",
    AddressFault.INVISIBLE: "The e-mail address has an invisible character in it. Type it instead of pasting it.",
    AddressFault.QUOTED: 'Enter the e-mail address alone, without quotation marks ("), like name@example.org.',
    AddressFault.NO_AT: "An e-mail address needs an @ sign, like name@example.org.",
    AddressFault.MANY_AT: "Enter one e-mail address with one @ sign, like name@example.org.",
    AddressFault.NO_LOCAL: "Something is missing before the @, like name@example.org.",
    AddressFault.NO_DOMAIN: "Something is missing after the @, like name@example.org.",
    AddressFault.CHARACTER: "The part before the @ can't have “{detail}” in it.",
    AddressFault.DOTS: "The part before the @ can't begin or end with a dot, or have two dots together.",
    AddressFault.DOMAIN_LITERAL: "Enter a domain name after the @, like name@example.org, not a number in brackets.",
    AddressFault.DOMAIN: "“{detail}” is not a domain name that mail can be sent to. Check the part after the @.",
}


class BadAddress(ValueError):  # noqa: N818  named as what happened
    """Not an address that we can write to. The message is for the citizen who typed it."""

    def __init__(self, fault: AddressFault, detail: str = "") -> None:
        super().__init__(_MESSAGES[fault].format(detail=detail))
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address: `local` as typed, `domain` in A-labels and lower case. Stored columns make one directly."""

    typed: str
    local: str
    domain: str

    @property
    def key(self) -> str:
        """What addresses are compared by. Who is found by it is written to at the stored address, never at this one."""
        return f"{_folded(self.local)}@{self.domain}"

    @property
    def mailbox(self) -> str:
        """What many spellings of one person's address have in common: where mail is limited, and nowhere else.

        Most receivers drop a tag after "+" (RFC 5233), but not all: whoever is at one is not found by the other.
        """
        folded = _folded(self.local)
        local = folded.partition("+")[0] or folded
        if self.domain in _NO_DOTS:
            local = local.replace(".", "")
        return f"{local}@{_NO_DOTS.get(self.domain, self.domain)}"

    @property
    def envelope(self) -> str:
        """The mailbox on the wire (RFC 5321 section 4.1.2, RFC 6531 section 3.3)."""
        return f"{self.local}@{self.domain}"

    @property
    def smtputf8(self) -> bool:
        """Whether only a server that offers SMTPUTF8 can take it (RFC 6531)."""
        return not self.local.isascii()


def parse_address(text: str, *, allow_special_domains: bool = False) -> Address:
    """Check what a person typed; raise BadAddress with a sentence for that person.

    `allow_special_domains` also takes names under `.test` (RFC 2606), which demos and load tests send to. No quoted
    local parts, no address literals, no DNS look-up.
    """
    typed = text.strip(" \t\u00a0")
    _check_as_a_whole(typed)
    local, _, domain = typed.rpartition("@")
    _check_local(local)
    if not domain:
        raise BadAddress(AddressFault.NO_DOMAIN)
    if domain.startswith("["):
        raise BadAddress(AddressFault.DOMAIN_LITERAL)
    try:
        checked = validate_email(
            typed,
            allow_smtputf8=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
            check_deliverability=False,
            test_environment=allow_special_domains,
        )
    except EmailNotValidError as error:
        raise BadAddress(AddressFault.DOMAIN, domain) from error
    address = Address(typed, local, checked.ascii_domain.lower())
    if len(address.envelope.encode()) > MAX_OCTETS:
        raise BadAddress(AddressFault.TOO_LONG)
    return address


_ATEXT_DOT = re.compile(r"[a-zA-Z0-9.!#$%&'*+\-/=?^_`{|}~]")  # RFC 5322 section 3.2.3


def _check_as_a_whole(typed: str) -> None:
    if not typed:
        raise BadAddress(AddressFault.EMPTY)
    if len(typed) > MAX_OCTETS:
        raise BadAddress(AddressFault.TOO_LONG)
    if any(c in "\r\n\u2028\u2029" for c in typed):
        raise BadAddress(AddressFault.LINE_BREAK)
    if any(c.isspace() for c in typed):
        raise BadAddress(AddressFault.SPACE)
    if any(unicodedata.category(c).startswith("C") for c in typed):
        raise BadAddress(AddressFault.INVISIBLE)
    if '"' in typed:
        raise BadAddress(AddressFault.QUOTED)
    at_signs = typed.count("@")
    if at_signs != 1:
        raise BadAddress(AddressFault.MANY_AT if at_signs else AddressFault.NO_AT)


def _check_local(local: str) -> None:
    if not local:
        raise BadAddress(AddressFault.NO_LOCAL)
    if len(local.encode()) > MAX_LOCAL_OCTETS:
        raise BadAddress(AddressFault.LOCAL_TOO_LONG)
    for position, char in enumerate(local):
        if not _stands_in_local(char, first=position == 0):
            raise BadAddress(AddressFault.CHARACTER, char)
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise BadAddress(AddressFault.DOTS)
    if not local.isascii() and _folded(local).isascii():
        # A look-alike that folds onto somebody's ASCII address (K, the Kelvin sign, to k) could speak for them.
        raise BadAddress(AddressFault.CHARACTER, next(c for c in local if not c.isascii()))


def _stands_in_local(char: str, *, first: bool) -> bool:
    """RFC 6531 allows any non-ASCII character; we take letters, marks and digits of any script, and so no emoji."""
    if char.isascii():
        return _ATEXT_DOT.match(char) is not None
    category = unicodedata.category(char)[0]
    return category in "LN" or (category == "M" and not first)


def _folded(local: str) -> str:
    if local.isascii():
        return local.lower()
    return unicodedata.normalize("NFC", "".join(_fold(c) for c in unicodedata.normalize("NFC", local)))


def _fold(char: str) -> str:
    """Unicode's simple case folding. The full one would make ß and ss one mailbox."""
    folded = char.casefold()
    return folded if len(folded) == 1 else char.lower()
