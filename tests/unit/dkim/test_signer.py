"""Signatures that another implementation verifies, and that fall when anything signed is changed."""

import base64
from collections.abc import Callable
from email import message_from_bytes
from functools import cache
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from bench.dkim import bulletin
from channels.dkim import DkimKey, DkimSigner, UnusableDkimKey, load_keys
from channels.dkim.canonical import relaxed_body, relaxed_field

DOMAIN = "water.example"
HEADER = b"From: Water <news@water.example>\r\nTo: <citizen@example.org>\r\nSubject: Storm\r\nDate: now\r\n"


@cache
def rsa() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@cache
def ed25519() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def published(private: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    """What stands in DNS."""
    public = private.public_key()
    if isinstance(private, RSAPrivateKey):
        octets, kind = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), "rsa"
    else:
        octets, kind = public.public_bytes(Encoding.Raw, PublicFormat.Raw), "ed25519"
    return f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode()}".encode()


def names(*keys: DkimKey) -> Callable[..., bytes | None]:
    records = {f"{key.selector}._domainkey.{key.domain}.".encode(): published(key.private) for key in keys}
    return lambda name, timeout=5: records.get(name)


def verifies(message: bytes, *keys: DkimKey) -> list[bool]:
    """Of each signature."""
    return [verifies_one(message, at, *keys) for at in range(message.count(b"DKIM-Signature: "))]


def verifies_one(message: bytes, at: int, *keys: DkimKey) -> bool:
    try:
        return bool(dkim.DKIM(message).verify(idx=at, dnsfunc=names(*keys)))
    except dkim.ValidationError:
        return False


KINDS = {
    "rsa": lambda: [DkimKey(DOMAIN, "r", rsa())],
    "ed25519": lambda: [DkimKey(DOMAIN, "e", ed25519())],
    "both": lambda: [DkimKey(DOMAIN, "r", rsa()), DkimKey(DOMAIN, "e", ed25519())],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bulletin_verifies_with_another_implementation(kind: str) -> None:
    keys = KINDS[kind]()
    sign, fill = DkimSigner(keys).sign, bulletin()
    for number in range(3):
        signed = sign(fill(number))
        assert signed.endswith(fill(number))
        assert verifies(signed, *keys) == [True] * len(keys)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: Water", b"Subject: Wader"),
        (b"To: <citizen1@", b"To: <citizen2@"),
        (b"List-Unsubscribe: <https://notify.", b"List-Unsubscribe: <https://n0tify."),
        (b"List-Unsubscribe-Post: ", b"List-Unsubscribe-Post: X"),
        (b"has risen by", b"has fallen by"),
        (b"From: ", b"From: Somebody <else@water.example>\r\nFrom: "),
        (b"From: ", b"Cc: somebody@example.org\r\nFrom: "),
        (b"Content-Type: multipart", b"Content-Type: text/html\r\nContent-Type: multipart"),
    ],
)
def test_what_is_changed_or_added_on_the_way_is_noticed(before: bytes, after: bytes) -> None:
    keys = KINDS["both"]()
    signed = DkimSigner(keys).sign(bulletin()(1))
    assert before in signed
    assert verifies(signed.replace(before, after, 1), *keys) == [False, False]


def test_what_the_wire_doubles_is_signed_as_it_arrives() -> None:
    key = DkimKey(DOMAIN, "r", rsa())
    signed = DkimSigner([key]).sign(HEADER + b"\r\n..first\r\nsecond\r\n..\r\n... third\r\n")
    assert verifies(signed.replace(b"\r\n..", b"\r\n."), key) == [True]


@pytest.mark.parametrize(
    "author",
    ["news@water.example", '"Water, Office" <news@WATER.example>', "=?utf-8?q?Wasser?= <n@deep.water.example>"],
)
def test_the_key_is_that_of_from_or_of_the_nearest_domain_above(author: str) -> None:
    key = DkimKey(DOMAIN, "r", rsa())
    signed = DkimSigner([key, DkimKey("example", "r", ed25519())]).sign(HEADER.replace(
        b"Water <news@water.example>", author.encode()) + b"\r\nHello\r\n")  # fmt: skip
    assert f"d={DOMAIN};".encode() in signed
    assert verifies(signed, key) == [True]


@pytest.mark.parametrize("author", ["news@other.example", "news@notwater.example", "nobody"])
def test_without_a_key_for_its_from_a_message_goes_unsigned(author: str) -> None:
    message = b"From: " + author.encode() + b"\r\n\r\nHello\r\n"
    assert DkimSigner([DkimKey(DOMAIN, "r", rsa())]).sign(message) is message


def test_no_line_is_longer_than_mail_allows() -> None:
    signed = DkimSigner(KINDS["both"]()).sign(bulletin()(1))
    assert max(map(len, signed.split(b"\r\n"))) <= 998
    assert max(map(len, signed[: signed.index(b"From:")].split(b"\r\n"))) <= 120
    assert len(message_from_bytes(signed).get_all("DKIM-Signature", [])) == 2


blanks = st.text(st.sampled_from("ab \t"), max_size=12).map(str.encode)


@given(st.lists(blanks, max_size=12), blanks)
def test_any_spacing_verifies(lines: list[bytes], subject: bytes) -> None:
    key = DkimKey(DOMAIN, "e", ed25519())
    folded = b"Subject: x" + subject + b"\r\n\tb" + subject + b"c\r\n"
    message = HEADER.replace(b"Subject: Storm\r\n", folded) + b"\r\n" + b"\r\n".join(lines) + b"\r\n"
    assert verifies(DkimSigner([key]).sign(message), key) == [True]


def test_canonical_forms_are_those_of_the_rfc() -> None:
    """RFC 6376 section 3.4.5."""
    assert relaxed_field(b"A: X ")[1] + relaxed_field(b"B : Y\t\r\n\tZ  ")[1] == b"a:X\r\nb:Y Z\r\n"
    assert relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n") == b" C\r\nD E\r\n"
    assert relaxed_body(b"\r\n\r\n") == relaxed_body(b"") == b""


def pem(folder: Path, private: Any) -> str:
    file = folder / "key.pem"
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(file)


def test_keys_are_read_from_files(tmp_path: Path) -> None:
    [key] = load_keys([f"Water.example:S1:{pem(tmp_path, ed25519())}"])
    assert (key.domain, key.selector, key.algorithm) == (DOMAIN, "s1", "ed25519-sha256")
    assert "private" not in repr(key)


@pytest.mark.parametrize(
    "entry", ["", "water.example", "water.example:s1", "bad domain:s1:/x", "water.example:s1:/no/such"]
)
def test_an_entry_that_leads_to_no_key_is_named(entry: str) -> None:
    with pytest.raises(UnusableDkimKey, match="DKIM key"):
        load_keys([entry])


def weak_rsa() -> RSAPrivateKey:
    return generate_private_key(65537, 1024)  # noqa: S505  that is the test


@pytest.mark.parametrize("private", [weak_rsa, lambda: generate_ec(SECP256R1())])
def test_a_key_that_receivers_would_not_trust_is_refused(private: Callable[[], Any], tmp_path: Path) -> None:
    with pytest.raises(UnusableDkimKey, match=r"2048 bits|neither RSA"):
        load_keys([f"water.example:s1:{pem(tmp_path, private())}"])


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("no key")
    with pytest.raises(UnusableDkimKey, match="PEM"):
        load_keys([f"water.example:s1:{file}"])
