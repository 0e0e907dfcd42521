"""Retry-After in all its forms."""

import datetime as dt
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.https.answers import MAX_RETRY_AFTER, parse_retry_after

NOW = dt.datetime(2026, 3, 1, 12, 0, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("00120", 120.0),
        ("86400", MAX_RETRY_AFTER),
        ("86401", MAX_RETRY_AFTER),
        ("9" * 5000, MAX_RETRY_AFTER),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120.0),
        ("Sunday, 01-Mar-26 12:02:00 GMT", 120.0),
        ("Sun Mar  1 12:02:00 2026", 120.0),
        ("Sun, 01 Mar 2026 12:02:00 -0000", 120.0),
        ("Sun, 01 Mar 2026 13:02:00 +0100", 120.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER),
        ("Mon, 01 Jan 0001 00:00:00 +2300", 0.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("soon", None),
        ("Sun, 99 Mar 2026 12:02:00 GMT", None),
    ],
)
def test_seconds_and_dates_become_a_bounded_wait(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW.timestamp()) == seconds


@given(st.integers(min_value=0, max_value=86_400))
def test_a_date_means_the_same_as_the_seconds_until_it(seconds: int) -> None:
    date = format_datetime(NOW + dt.timedelta(seconds=seconds), usegmt=True)
    assert parse_retry_after(date, NOW.timestamp()) == parse_retry_after(str(seconds), NOW.timestamp())


@given(st.text() | st.from_regex(r"\w{0,4}, \d+ \w{0,4} \d+ \d+:\d+:\d+ [+-]?\w*"))
def test_no_value_can_do_harm(value: str) -> None:
    wait = parse_retry_after(value, NOW.timestamp())
    assert wait is None or 0 <= wait <= MAX_RETRY_AFTER
