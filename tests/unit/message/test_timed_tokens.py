"""Tokens that expire: confirmation and sign-in links."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.tokens import BadToken, ExpiredToken, read_timed_token, timed_token
from tests.unit.message.builders import DATE, SIGNER

HALF_AN_HOUR = dt.timedelta(minutes=30)
TOKEN = timed_token(SIGNER, "sign-in", 42, DATE)


def read(token: str, *, after: dt.timedelta = dt.timedelta(), purpose: str = "sign-in") -> int:
    return read_timed_token(SIGNER, purpose, token, max_age=HALF_AN_HOUR, now=DATE + after).payload


@given(payload=st.integers(0, 2**63 - 1), issued_at=st.datetimes(dt.datetime(1990, 1, 1), timezones=st.just(dt.UTC)))
def test_any_token_comes_back_with_its_row_and_its_second(payload: int, issued_at: dt.datetime) -> None:
    token = timed_token(SIGNER, "confirm", payload, issued_at)
    found = read_timed_token(SIGNER, "confirm", token, max_age=HALF_AN_HOUR, now=issued_at)
    assert found.payload == payload
    assert found.issued_at == issued_at.replace(microsecond=0)
    assert len(token) <= 50


def test_it_works_to_the_last_second_and_not_after() -> None:
    assert read(TOKEN, after=HALF_AN_HOUR) == 42
    with pytest.raises(ExpiredToken, match="lived 0:30:00"):
        read(TOKEN, after=HALF_AN_HOUR + dt.timedelta(seconds=1))


def test_a_host_whose_clock_is_a_minute_behind_can_read_it_but_not_one_of_yesterday() -> None:
    assert read(TOKEN, after=dt.timedelta(minutes=-1)) == 42
    with pytest.raises(BadToken, match="check the clocks"):
        read(TOKEN, after=dt.timedelta(days=-1))


def test_it_works_for_its_purpose_only() -> None:
    with pytest.raises(BadToken):
        read(TOKEN, purpose="confirm")


def test_an_expired_forgery_is_a_forgery_and_not_expired() -> None:
    with pytest.raises(BadToken) as refused:
        read(TOKEN[:-2] + "AA", after=dt.timedelta(days=9))
    assert not isinstance(refused.value, ExpiredToken)


@given(st.text(max_size=80))
def test_no_invented_text_opens(text: str) -> None:
    with pytest.raises(BadToken):
        read(text)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        timed_token(SIGNER, "confirm", 1, DATE.replace(tzinfo=None))
