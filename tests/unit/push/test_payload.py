"""What a notification says, within what a push message holds."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.push.encryption import MAX_PLAINTEXT
from channels.push.payload import MAX_TITLE, Notification

FLOOD = Notification("River rising", "Stay away.", "https://gov.example/bulletins/1/", "en", "ltr", "d1")


@given(st.text(max_size=500), st.text(max_size=2_000))
def test_every_text_fits_whatever_its_letters(title: str, body: str) -> None:
    try:
        encoded = replace(FLOOD, title=title, body=body).encoded()
    except UnicodeEncodeError:  # a lone surrogate, which no text of ours has
        return

    assert len(encoded) <= MAX_PLAINTEXT
    assert json.loads(encoded)["url"] == FLOOD.url


def test_a_long_title_is_cut_at_a_word() -> None:
    said = json.loads(replace(FLOOD, title="Überflutung " * 30).encoded())

    assert said["title"].endswith("Überflutung …")
    assert len(said["title"]) <= MAX_TITLE + 1


def test_the_text_gives_way_before_the_title_does() -> None:
    address = "https://gov.example/" + "x" * 3_700
    said = json.loads(replace(FLOOD, url=address, title="Rain " * 20, body="More rain " * 20).encoded())

    assert said["title"] == ("Rain " * 20).strip()
    assert said["body"] == ""


def test_an_address_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        replace(FLOOD, url="https://gov.example/" + "x" * 4_000).encoded()
