"""What a DKIM signature costs per message: signed in process with RSA-2048, Ed25519, and both, beside none.

    python -m bench.dkim --messages 2000

One bulletin of 9.4 KB with an address, a message id and an unsubscribe token of its own for each recipient, on one
core. Each kind is measured in rounds that alternate, and its fastest round counts. The last line is one JSON object.
"""

import argparse
import datetime as dt
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from channels.dkim import DkimSigner, load_keys
from channels.message import BulletinHeaders, Hole, Marks, compile_message, standard_headers

ROUNDS = 5
WORDS = "The river has risen by twelve centimetres since the last report, and it goes on rising.   Keep away. "


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--messages", type=int, default=2_000)
    print(json.dumps(measure(arguments.parse_args().messages)), flush=True)


def measure(messages: int) -> dict[str, float]:
    """µs of processor time per message of each kind."""
    fill = bulletin()
    with tempfile.TemporaryDirectory() as folder:
        rsa = _entry(folder, "r", generate_private_key(65537, 2048))
        ed25519 = _entry(folder, "e", Ed25519PrivateKey.generate())
        signers = {"rsa_2048": [rsa], "ed25519": [ed25519], "dual": [rsa, ed25519]}
        kinds: dict[str, Callable[[bytes], bytes]] = {"unsigned": lambda message: message}
        kinds |= {name: DkimSigner(load_keys(entries)).sign for name, entries in signers.items()}
    rounds = [{name: _time(fill, sign, messages) for name, sign in kinds.items()} for _ in range(ROUNDS)]
    best = {f"{name}_us": round(min(found[name] for found in rounds), 1) for name in kinds}
    return {"messages": messages, "octets": len(fill(1)), **best}


def bulletin() -> Callable[[int], bytes]:
    """A message for recipient number n."""
    marks = Marks()
    link = "https://notify.example/u/" + marks.mark(Hole.TOKEN)
    headers = BulletinHeaders(
        from_name="Water Office", from_address="news@water.example", subject="Water level of the river Arn",
        date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), message_id_domain="water.example", language="en", lane="routine",
        list_name="Floods", list_id="floods.water.example", help_url="https://water.example/help",
        owner_url="mailto:owner@water.example", archive_url="https://water.example/1",
        unsubscribe_url="https://notify.example/u/", feedback_campaign="1", feedback_agency="water",
        feedback_sender="govnotify",
    )  # fmt: skip
    text = f"{WORDS * 25}\n\n{link}\n"
    html = (
        "<html><body>"
        + f'<p style="margin: 0">\n    {WORDS}</p>\n' * 40
        + f'<a href="{link}">Leave</a></body></html>\n'
    )
    compiled = compile_message(headers=standard_headers(headers, marks), text=text, html=html, marks=marks)
    return lambda number: compiled.fill(
        {
            Hole.ADDRESS: b"<citizen%d@example.org>" % number,
            Hole.MESSAGE_ID: b"m%dabcdefghijklmnop" % number,
            Hole.TOKEN: b"t%dabcdefghijklmnopqrstuvwxyz0123456789" % number,
        }
    )


def _time(fill: Callable[[int], bytes], sign: Callable[[bytes], bytes], messages: int) -> float:
    started = time.process_time()
    for number in range(messages):
        sign(fill(number))
    return (time.process_time() - started) / messages * 1e6


def _entry(folder: str, selector: str, key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    file = Path(folder) / f"{selector}.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"water.example:{selector}:{file}"


if __name__ == "__main__":
    main()
