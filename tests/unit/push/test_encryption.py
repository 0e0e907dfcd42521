"""What browsers must be able to read: RFC 8291's example, and an implementation that is not ours."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from channels.push.encryption import MAX_BODY, MAX_PLAINTEXT, BadBrowserKey, check_keys, encrypt
from channels.push.message import BrowserKeys
from tests.push_service import TestBrowser, decode, encode

# RFC 8291 appendix A.
PLAINTEXT = b"When I grow up, I want to be a watermelon"
AS_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
UA_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_rfc_8291_comes_out_octet_by_octet() -> None:
    private = ec.derive_private_key(int.from_bytes(decode(AS_PRIVATE), "big"), ec.SECP256R1())

    body = encrypt(PLAINTEXT, decode(UA_PUBLIC), decode(AUTH), salt=decode(SALT), private_key=private)

    assert encode(body) == BODY


@given(st.binary(max_size=MAX_PLAINTEXT))
def test_a_browser_reads_what_was_encrypted_for_it(plaintext: bytes) -> None:
    browser = TestBrowser("https://push.example/1")

    body = encrypt(plaintext, browser.public_key, browser.auth)

    assert browser.decrypt(body) == plaintext
    assert len(body) == len(plaintext) + 103 <= MAX_BODY


def test_no_two_messages_have_the_same_salt_or_key() -> None:
    browser = TestBrowser("https://push.example/1")

    bodies = [encrypt(b"the same", browser.public_key, browser.auth) for _ in range(20)]

    assert len({body[:16] for body in bodies}) == len({body[21:86] for body in bodies}) == 20


def test_what_does_not_fit_is_refused() -> None:
    browser = TestBrowser("https://push.example/1")
    with pytest.raises(ValueError, match="at most 3993 bytes"):
        encrypt(b"x" * (MAX_PLAINTEXT + 1), browser.public_key, browser.auth)


@pytest.mark.parametrize(
    ("public_key", "auth"),
    [
        (b"", bytes(16)),
        (b"\x04" + b"\x01" * 64, bytes(16)),  # not on the curve
        (b"\x04" + b"\x00" * 64, bytes(16)),
        (b"\x00", bytes(16)),  # the point at infinity
        (decode(UA_PUBLIC)[:64], bytes(16)),
        (decode(UA_PUBLIC), b""),
        (decode(UA_PUBLIC), bytes(15)),
        (decode(UA_PUBLIC), bytes(17)),
    ],
)
def test_keys_that_are_none_are_refused(public_key: bytes, auth: bytes) -> None:
    with pytest.raises(BadBrowserKey):
        check_keys(public_key, auth)


@pytest.mark.parametrize("p256dh", ["", "*", "é", UA_PUBLIC[:-1], UA_PUBLIC * 2, "A" * 10_000])
def test_text_that_is_no_key_is_refused(p256dh: str) -> None:
    with pytest.raises(BadBrowserKey):
        BrowserKeys.read(p256dh, AUTH)


def test_keys_come_back_as_they_were_packed() -> None:
    keys = BrowserKeys.read(UA_PUBLIC, AUTH + "==")  # some browsers pad

    assert BrowserKeys.unpack(keys.pack()) == keys
    assert UA_PUBLIC not in repr(keys)
