"""Standard Webhooks signatures: the known vector, the other implementation, and what must not be believed."""

import base64
import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from channels.webhook.signing import (
    BadSecret,
    BadSignature,
    check_secret,
    new_secret,
    new_signing_key,
    public_key,
    sign,
    verify,
)

KNOWN_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KNOWN_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
KNOWN_TIME = 1614265330
KNOWN_BODY = b'{"test": 2432232314}'
KNOWN_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def headers(signature: str, *, message_id: str = KNOWN_ID, timestamp: object = KNOWN_TIME) -> dict[str, str]:
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def test_the_known_vector_is_reproduced_and_verified() -> None:
    assert sign([KNOWN_SECRET], KNOWN_ID, KNOWN_TIME, KNOWN_BODY) == KNOWN_SIGNATURE
    verify([KNOWN_SECRET], headers(KNOWN_SIGNATURE), KNOWN_BODY, now=KNOWN_TIME)


def test_a_new_secret_holds_32_random_bytes() -> None:
    first, second = new_secret(), new_secret()
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32
    assert first != second


@given(body=st.text().map(str.encode), message_id=st.from_regex(r"[A-Za-z0-9_:-]{1,50}", fullmatch=True))
def test_the_standardwebhooks_package_signs_the_same(body: bytes, message_id: str) -> None:
    secret = new_secret()
    theirs = Webhook(secret).sign(message_id, dt.datetime.fromtimestamp(KNOWN_TIME, dt.UTC), body.decode())
    assert sign([secret], message_id, KNOWN_TIME, body) == theirs


def test_during_a_rotation_a_receiver_with_either_secret_is_satisfied() -> None:
    old, new, now = new_secret(), new_secret(), int(time.time())
    signature = sign([new, old], "msg_1", now, b"{}")
    assert len(signature.split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(b"{}", headers(signature, message_id="msg_1", timestamp=now))
        verify([secret], headers(signature, message_id="msg_1", timestamp=now), b"{}")
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(b"{}", headers(signature, message_id="msg_1", timestamp=now))


def test_an_ed25519_key_signs_as_v1a_and_its_public_half_verifies() -> None:
    key = new_signing_key()
    signature = sign([KNOWN_SECRET, key], KNOWN_ID, KNOWN_TIME, KNOWN_BODY)
    assert [one.split(",")[0] for one in signature.split(" ")] == ["v1", "v1a"]
    for held in (public_key(key), key, KNOWN_SECRET):
        verify([held], headers(signature), KNOWN_BODY, now=KNOWN_TIME)
    with pytest.raises(BadSignature):
        verify([public_key(new_signing_key())], headers(signature), KNOWN_BODY, now=KNOWN_TIME)


def test_an_ed25519_key_may_be_the_seed_alone() -> None:
    # RFC 8032 section 7.1, test 1
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    short, long = (f"whsk_{base64.b64encode(raw).decode()}" for raw in (seed, seed + public))
    assert public_key(short) == public_key(long) == f"whpk_{base64.b64encode(public).decode()}"
    assert sign([short], "msg_1", 1, b"x") == sign([long], "msg_1", 1, b"x")


@pytest.mark.parametrize(
    "changed",
    [
        headers(KNOWN_SIGNATURE, message_id="msg_other"),
        headers(KNOWN_SIGNATURE, timestamp=KNOWN_TIME + 1),
        headers(KNOWN_SIGNATURE.replace("v1,", "v1a,")),
        headers(KNOWN_SIGNATURE.replace("v1,", "v2,")),
        headers("v1,"),
        headers("garbage \udcff é"),
        headers(KNOWN_SIGNATURE, message_id="\udcff"),
        headers(KNOWN_SIGNATURE, timestamp="1614265330.0"),
        headers(KNOWN_SIGNATURE, timestamp="soon"),
        headers(KNOWN_SIGNATURE, timestamp=""),
        headers(""),
        {},
    ],
)
def test_changed_or_missing_headers_are_not_believed(changed: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        verify([KNOWN_SECRET, new_signing_key()], changed, KNOWN_BODY, now=KNOWN_TIME)


def test_a_changed_body_is_not_believed() -> None:
    with pytest.raises(BadSignature):
        verify([KNOWN_SECRET], headers(KNOWN_SIGNATURE), KNOWN_BODY + b" ", now=KNOWN_TIME)


@pytest.mark.parametrize(("age", "believed"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_message_is_believed_for_five_minutes_either_way(age: int, believed: bool) -> None:
    if believed:
        verify([KNOWN_SECRET], headers(KNOWN_SIGNATURE), KNOWN_BODY, now=KNOWN_TIME + age)
    else:
        with pytest.raises(BadSignature, match="300 s"):
            verify([KNOWN_SECRET], headers(KNOWN_SIGNATURE), KNOWN_BODY, now=KNOWN_TIME + age)


def test_the_tolerance_can_be_chosen() -> None:
    verify([KNOWN_SECRET], headers(KNOWN_SIGNATURE), KNOWN_BODY, tolerance=900, now=KNOWN_TIME + 900)


def encoded(size: int) -> str:
    return base64.b64encode(b"\x5a" * size).decode()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "WlpaWlpaWlpa",
        f"whsec_{encoded(23)}",
        f"whsec_{encoded(65)}",
        "whsec_WlpaWlpaWlpa!",
        "whsec_WlpaWlpaWlpaé",
        "whsec_",
        f"whsk_{encoded(31)}",
        f"whsk_{encoded(64)}",
        f"whpk_{encoded(32)}",
    ],
)
def test_a_bad_secret_is_named_but_never_repeated(secret: str) -> None:
    with pytest.raises(BadSecret) as caught:
        check_secret(secret)
    assert "Wlpa" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("size", [24, 32, 64])
def test_secrets_of_24_to_64_bytes_sign(size: int) -> None:
    check_secret(f"whsec_{encoded(size)}")


def test_nothing_is_signed_with_no_secret_at_all() -> None:
    with pytest.raises(BadSecret):
        sign([], "msg_1", 1, b"")


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\nb", "é", "a" * 201])
def test_an_id_that_could_confuse_a_receiver_is_not_signed(message_id: str) -> None:
    with pytest.raises(ValueError, match="Webhook id"):
        sign([KNOWN_SECRET], message_id, 1, b"")
