"""Statements by which push services know us."""

import pytest
import time_machine

from channels.push.vapid import UnusableVapidKey, VapidKeys, new_key
from govnotify.demo.receiver.statement import sender
from tests.push_service import decode

CONTACT = "mailto:operator@gov.example"
URL = "https://push.example:8443/send/of-one-browser"


def test_a_statement_names_the_service_and_not_the_browser() -> None:
    keys = VapidKeys([new_key()], CONTACT)

    value = keys.authorization(URL, keys.id_of(keys.public_key))

    assert sender(value, "https://push.example:8443") == keys.public_key
    assert "of-one-browser" not in value
    assert len(decode(keys.public_key)) == 65


def test_a_statement_is_kept_for_hours_and_then_made_anew() -> None:
    keys = VapidKeys([new_key()], CONTACT)
    name = keys.id_of(keys.public_key)
    with time_machine.travel("2026-03-01 08:00:00Z", tick=False) as clock:
        first = keys.authorization(URL, name)
        clock.shift(3_600)
        assert keys.authorization(URL, name) == first
        assert keys.authorization("https://other.example/", name) != first
        clock.shift(6 * 3_600)
        later = keys.authorization(URL, name)
        assert later != first
        sender(later, "https://push.example:8443")
        clock.shift(-86_400)  # the clock was put right
        sender(keys.authorization(URL, name), "https://push.example:8443")


def test_a_browser_is_written_to_with_the_key_that_it_subscribed_for() -> None:
    old, new = new_key(), new_key()
    before, after = VapidKeys([old], CONTACT), VapidKeys([new, old], CONTACT)

    value = after.authorization(URL, before.id_of(before.public_key))

    assert sender(value, "https://push.example:8443") == before.public_key
    assert after.public_key != before.public_key
    with pytest.raises(UnusableVapidKey):
        VapidKeys([new], CONTACT).authorization(URL, before.id_of(before.public_key))


@pytest.mark.parametrize(
    "key", ["", "x", pytest.param(new_key()[:-1], id="one letter short"), "A" * 43, "_" * 43, "é" * 43]
)
def test_a_key_that_is_none_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(UnusableVapidKey) as refused:
        VapidKeys([new_key(), key], CONTACT)

    assert "VAPID key 2" in str(refused.value)
    assert not key or key not in str(refused.value)


def test_no_key_and_no_contact_are_refused() -> None:
    with pytest.raises(UnusableVapidKey, match="No VAPID key"):
        VapidKeys([], CONTACT)
    with pytest.raises(UnusableVapidKey, match="mailto:"):
        VapidKeys([new_key()], "operator@gov.example")
