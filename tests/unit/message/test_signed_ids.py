"""Bounce addresses and Message-IDs: they name a delivery, survive what mail systems do to them, and can't be forged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.address import parse_address
from channels.tokens import BadToken, SignedId, read_return_path, read_signed_id, return_path, signed_id
from tests.unit.message.builders import SIGNER

ADDRESS = return_path(SIGNER, 987_654_321, 1, 123_456_789, "bounce.notify.example")


@given(dispatch=st.integers(0, 2**56 - 1), kind=st.integers(0, 127), recipient=st.integers(0, 2**63 - 1))
def test_any_delivery_comes_back_from_its_return_path(dispatch: int, kind: int, recipient: int) -> None:
    address = return_path(SIGNER, dispatch, kind, recipient, "bounce.notify.example")
    assert read_return_path(SIGNER, address) == SignedId(dispatch, kind, recipient)
    local = address.partition("@")[0]
    assert len(local) <= 64
    assert local == local.lower()
    assert parse_address(address).envelope == address


def test_a_return_path_survives_a_change_of_case() -> None:
    assert read_return_path(SIGNER, ADDRESS.upper()) == read_return_path(SIGNER, ADDRESS)


def test_every_changed_digit_breaks_it() -> None:
    name = signed_id(SIGNER, 987_654_321, 1, 123_456_789)
    for at, char in enumerate(name):
        for other in "0123456789abcdef".replace(char, ""):
            with pytest.raises(BadToken):
                read_signed_id(SIGNER, name[:at] + other + name[at + 1 :])


def test_a_signed_id_that_was_cut_or_grew_does_not_open() -> None:
    name = signed_id(SIGNER, 1, 1, 1)
    for changed in [*(name[:end] for end in range(len(name))), name + "0", name + "00", "00" + name]:
        with pytest.raises(BadToken):
            read_signed_id(SIGNER, changed)


@given(st.text(max_size=80) | st.text("0123456789abcdef", max_size=70).map("b+{}@bounce.notify.example".format))
def test_no_invented_address_is_a_return_path(text: str) -> None:
    with pytest.raises(BadToken):
        read_return_path(SIGNER, text)


@pytest.mark.parametrize("address", ["postmaster@notify.example", "b@notify.example", "c+00@notify.example", "", "b+"])
def test_other_addresses_of_ours_are_no_return_paths(address: str) -> None:
    with pytest.raises(BadToken):
        read_return_path(SIGNER, address)


@pytest.mark.parametrize(
    ("dispatch", "kind", "recipient"), [(2**63 - 1, 1, 2**63 - 1), (1, 128, 1), (1, -1, 1), (-1, 1, 1)]
)
def test_what_fits_no_local_part_is_refused_when_it_is_made(dispatch: int, kind: int, recipient: int) -> None:
    with pytest.raises(ValueError, match="fit"):
        signed_id(SIGNER, dispatch, kind, recipient)
