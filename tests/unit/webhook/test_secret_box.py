"""Secrets at rest."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from channels.secrets import SecretBox, UnreadableSecret, UnusableKey
from channels.webhook.signing import new_secret


def new_key() -> str:
    return Fernet.generate_key().decode()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_text_comes_back_as_it_went_in(text: str) -> None:
    box = SecretBox([new_key()])
    assert box.decrypt(box.encrypt(text)) == text


def test_what_is_stored_does_not_show_the_secret_and_differs_every_time() -> None:
    box, secret = SecretBox([new_key()]), new_secret()
    first, second = box.encrypt(secret), box.encrypt(secret)
    assert first != second
    assert first.isascii()
    assert secret not in first


def test_after_a_rotation_old_tokens_open_and_new_ones_need_the_new_key() -> None:
    old, new = new_key(), new_key()
    stored = SecretBox([old]).encrypt("secret")
    both = SecretBox([new, old])
    assert both.decrypt(stored) == "secret"
    assert SecretBox([new]).decrypt(both.encrypt("secret")) == "secret"
    assert SecretBox([new]).decrypt(both.rotate(stored)) == "secret"


def other_tokens() -> list[str]:
    token = SecretBox([new_key()]).encrypt("secret")
    return [token, token[:-4], f"{token}A", "", "é"]


@pytest.mark.parametrize("token", other_tokens(), ids=["of another key", "cut", "longer", "empty", "no token"])
def test_a_token_that_no_key_opens_is_an_error_with_a_way_out(token: str) -> None:
    box = SecretBox([new_key()])
    for read in (box.decrypt, box.rotate):
        with pytest.raises(UnreadableSecret, match="put the key that encrypted it back"):
            read(token)


@pytest.mark.parametrize("bad", ["", "password", "cGFzc3dvcmQ=", "é" * 44])
def test_a_bad_key_is_named_by_its_place_and_never_repeated(bad: str) -> None:
    with pytest.raises(UnusableKey, match="Key 2") as caught:
        SecretBox([new_key(), bad])
    assert not bad or bad not in str(caught.value)


def test_a_box_without_keys_is_refused() -> None:
    with pytest.raises(UnusableKey, match="No key"):
        SecretBox([])
