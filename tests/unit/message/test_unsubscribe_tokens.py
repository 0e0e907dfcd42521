"""Unsubscribe tokens: what was made opens for ever, nothing else does, and there is one spelling."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.tokens import (
    MAX_TOKEN_OCTETS,
    BadToken,
    Signer,
    UnsubscribeToken,
    read_unsubscribe_token,
    timed_token,
    unsubscribe_token,
)
from tests.unit.message.builders import DATE, SIGNER

ALPHABET = string.ascii_letters + string.digits + "-_"
ids = st.integers(0, 2**63 - 1)
TOKEN = unsubscribe_token(SIGNER, 123_456_789, 987_654_321, (12_345, 678, 23, 4_567_890)).decode()


@given(subscriber=ids, dispatch=ids, topics=st.lists(st.integers(0, 2**40), max_size=40))
def test_any_token_says_what_it_was_made_of(subscriber: int, dispatch: int, topics: list[int]) -> None:
    token = unsubscribe_token(SIGNER, subscriber, dispatch, topics).decode()
    assert read_unsubscribe_token(SIGNER, token) == UnsubscribeToken(subscriber, dispatch, tuple(topics))


@given(st.integers(0, 2**32), st.integers(0, 2**32), st.lists(st.integers(0, 2**24), max_size=4))
def test_a_token_for_four_topics_has_at_most_64_characters_of_a_url(
    subscriber: int, dispatch: int, topics: list[int]
) -> None:
    token = unsubscribe_token(SIGNER, subscriber, dispatch, topics).decode()
    assert len(token) <= 64
    assert set(token) <= set(ALPHABET)


def test_every_changed_character_breaks_the_token() -> None:
    for at, char in enumerate(TOKEN):
        for other in ALPHABET.replace(char, ""):
            with pytest.raises(BadToken):
                read_unsubscribe_token(SIGNER, TOKEN[:at] + other + TOKEN[at + 1 :])


def test_a_token_that_was_cut_or_grew_does_not_open() -> None:
    for end in range(len(TOKEN)):
        with pytest.raises(BadToken):
            read_unsubscribe_token(SIGNER, TOKEN[:end])
    for tail in (*ALPHABET, "=", "==", ".", " ", "\n", "AA", "AAAA"):
        with pytest.raises(BadToken):
            read_unsubscribe_token(SIGNER, TOKEN + tail)


@given(st.integers(0, 200))
def test_no_second_spelling_opens(topic: int) -> None:
    token = unsubscribe_token(SIGNER, 5, 6, [topic] * (1 + topic % 3)).decode()
    spellings = {token[:-1] + char for char in ALPHABET} | {token.replace("-", "+").replace("_", "/"), token + "="}
    for spelling in spellings - {token}:
        with pytest.raises(BadToken):
            read_unsubscribe_token(SIGNER, spelling)


@given(st.text(max_size=100) | st.text(ALPHABET, max_size=600))
def test_no_invented_text_opens(text: str) -> None:
    with pytest.raises(BadToken):
        read_unsubscribe_token(SIGNER, text)


def test_a_token_of_another_purpose_or_another_platform_does_not_open() -> None:
    with pytest.raises(BadToken):
        read_unsubscribe_token(SIGNER, timed_token(SIGNER, "unsubscribe", 5, DATE))
    with pytest.raises(BadToken):
        read_unsubscribe_token(Signer([(1, b"another platform's secret")]), TOKEN)


def test_a_token_outlives_the_rotation_of_keys() -> None:
    rotated = Signer([(2, b"a newer secret of the tests"), (1, b"a secret of the tests, long enough")])
    assert read_unsubscribe_token(rotated, TOKEN).subscriber_id == 123_456_789


def test_more_topics_than_a_header_can_carry_are_refused_when_the_token_is_made() -> None:
    with pytest.raises(ValueError, match="at most 512"):
        unsubscribe_token(SIGNER, 1, 1, range(2**40, 2**40 + 100))


def test_an_overlong_text_is_refused_unread() -> None:
    with pytest.raises(BadToken, match=f"at most {MAX_TOKEN_OCTETS}"):
        read_unsubscribe_token(SIGNER, "A" * 100_000)
