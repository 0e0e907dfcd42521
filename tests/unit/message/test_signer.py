"""Sealing: what one purpose and one key made, no other opens."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.tokens import BadToken, Signer, varint

OLD, NEW = (1, b"the old secret, long enough"), (2, b"the new secret, long enough")


@given(st.binary(max_size=300), st.binary(min_size=16, max_size=64))
def test_the_mac_is_hmac_sha256_under_a_key_for_the_purpose(payload: bytes, secret: bytes) -> None:
    sealed = Signer([(7, secret)]).seal(b"p", payload, 32)
    key = hmac.digest(secret, b"govnotify token 1:p", "sha256")
    assert sealed == b"\x07" + payload + hmac.digest(key, b"\x07" + payload, "sha256")


def test_what_the_old_key_made_opens_after_rotation_and_new_ones_are_the_new_keys() -> None:
    sealed = Signer([OLD]).seal(b"p", b"payload", 16)
    rotated = Signer([NEW, OLD])
    assert rotated.open(b"p", sealed, 16) == b"payload"
    assert rotated.seal(b"p", b"payload", 16)[0] == 2


def test_what_a_dropped_key_made_opens_no_more() -> None:
    sealed = Signer([OLD]).seal(b"p", b"payload", 16)
    with pytest.raises(BadToken, match="key 1, which is not configured"):
        Signer([NEW]).open(b"p", sealed, 16)


def test_the_same_key_id_with_another_secret_opens_nothing() -> None:
    sealed = Signer([(1, b"somebody else's secret, long")]).seal(b"p", b"payload", 16)
    with pytest.raises(BadToken, match="does not match"):
        Signer([OLD]).open(b"p", sealed, 16)


def test_a_seal_for_one_purpose_opens_for_no_other() -> None:
    sealed = Signer([OLD]).seal(b"unsubscribe", b"payload", 16)
    with pytest.raises(BadToken):
        Signer([OLD]).open(b"sign in", sealed, 16)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ([], "at least one"),
        ([OLD, OLD], "must differ"),
        ([(256, b"x" * 32)], "does not fit"),
        ([(-1, b"x" * 32)], "does not fit"),
        ([(1, b"short")], "needs 16"),
    ],
)
def test_keys_that_can_not_be_right_are_refused(keys: list[tuple[int, bytes]], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Signer(keys)


@given(st.lists(st.integers(0, 2**63 - 1), max_size=20))
def test_any_numbers_come_back_from_their_octets(numbers: list[int]) -> None:
    assert varint.decode(varint.encode(numbers)) == numbers


@pytest.mark.parametrize("number", [-1, 2**63, 2**200])
def test_a_number_that_is_no_id_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        varint.encode([number])


@pytest.mark.parametrize("octets", [b"\x80", b"\xff" * 11, b"\x01\x81"])
def test_a_number_that_is_cut_or_endless_is_refused(octets: bytes) -> None:
    with pytest.raises(BadToken):
        varint.decode(octets)
