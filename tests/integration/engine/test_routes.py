"""Each lane goes the way that the settings name; mail is signed where a key is given."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from alerts.engine.runtime import runtime
from alerts.lanes import Lane
from alerts.reports import progress
from alerts.routes import DESTINATION_BACK_OFF, RELAY_BACK_OFF, open_route
from channels.direct import DirectSender
from channels.dkim import DkimKey
from channels.smtp import Relays
from tests.engine import work_through
from tests.integration.engine.test_trouble import published
from tests.unit.direct.names import name_server
from tests.unit.dkim.test_signer import verifies

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_lane_without_a_setting_of_its_own_goes_the_way_of_all(settings):
    settings.EMAIL_URL = "smtp://relay.example"
    settings.EMAIL_URL_EMERGENCY = "mx://?ehlo=alerts.example"
    assert isinstance(open_route(Lane.EMERGENCY), DirectSender)
    assert isinstance(open_route(Lane.ROUTINE), Relays)


def test_direct_and_relays_do_not_mix_in_one_lane(settings):
    settings.EMAIL_URL_DIGEST = "mx:// smtp://relay.example"
    with pytest.raises(ValueError, match="way of its own"):
        open_route(Lane.DIGEST)


def test_each_lane_stands_in_both_tables():
    assert RELAY_BACK_OFF.keys() == DESTINATION_BACK_OFF.keys() == set(Lane)


def test_a_bulletin_goes_straight_to_the_host_that_dns_names(inbox, settings):
    loop, table = (
        runtime().loop,
        {"example.org": {"MX": ["10 mx.example.org."]}, "mx.example.org": {"A": ["127.0.0.1"]}},
    )
    context = name_server(table)
    names = loop.run_until_complete(context.__aenter__())  # the worker's loop runs while it sends, and the server in it
    settings.EMAIL_URL = f"mx://?dns=127.0.0.1:{names.port}&port={inbox.port}&allow=127.0.0.0/8&tls=none"
    dispatch = published(people=10)
    work_through()
    loop.run_until_complete(context.__aexit__(None, None, None))
    assert progress(dispatch).state == "done"
    assert inbox.recipients().total() == len(inbox.recipients()) == 10
    assert names.asked["example.org", "MX"] == 1


def test_bulletins_are_signed_with_the_agencys_key(inbox, settings, tmp_path: Path):
    private = Ed25519PrivateKey.generate()
    file = tmp_path / "key.pem"
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings.DKIM_KEYS = [f"water.example:s1:{file}"]
    published(people=2)
    work_through()
    assert [verifies(mail.content, DkimKey("water.example", "s1", private)) for mail in inbox.mails] == [[True], [True]]


def test_without_keys_nothing_is_signed(inbox):
    published(people=1)
    work_through()
    assert inbox.mails[0].message["DKIM-Signature"] is None
