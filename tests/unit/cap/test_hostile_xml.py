"""Hostile XML opens no file, calls nobody, and costs no more than its size."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.cap.reading import CapRefused, read
from alerts.cap.schema import NAMESPACE
from tests.unit.cap.builders import FLOOD_XML, flood_xml
from tests.unit.cap.samples import FOLDER, needs_samples

ROOT = Path(__file__).resolve().parents[3]

READ = """
import sys
from alerts.cap.reading import CapRefused, read
try:
    print("taken", read(sys.stdin.buffer.read()).message.identifier)
except CapRefused as refused:
    print("refused", refused.reasons)
"""
# The control: a parser that trusts its input, to show that the trap catches one.
READ_TRUSTFULLY = """
import sys
from lxml import etree
parser = etree.XMLParser(resolve_entities=True, load_dtd=True)
print("taken", etree.fromstring(sys.stdin.buffer.read(), parser).findtext(".//{*}event"))
"""

DECLARATION, _, BODY = FLOOD_XML.partition("\n")
XINCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{trap}" parse="text"/>'
SCHEMA_LOCATION = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:{attribute}'
ATTACKS = {
    "a DTD elsewhere": f'{DECLARATION}<!DOCTYPE alert SYSTEM "{{trap}}">{BODY}',
    "an external entity": f'{DECLARATION}<!DOCTYPE alert [<!ENTITY x SYSTEM "{{trap}}">]>'
    + BODY.replace(">Flood<", ">&x;<"),
    "a parameter entity": f'{DECLARATION}<!DOCTYPE alert [<!ENTITY % x SYSTEM "{{trap}}"> %x;]>{BODY}',
    "an XInclude": FLOOD_XML.replace(">Flood<", f">{XINCLUDE}<"),
    "a stylesheet": f'{DECLARATION}<?xml-stylesheet type="text/xsl" href="{{trap}}"?>{BODY}',
    "a schema location": FLOOD_XML.replace(
        "<alert ", f"<alert {SCHEMA_LOCATION.format(attribute='schemaLocation')}='http://a.example {{trap}}' "
    ),
    "a schema location of our own namespace": FLOOD_XML.replace(
        "<alert ",
        f"<alert {SCHEMA_LOCATION.format(attribute='schemaLocation')}='{NAMESPACE} {{trap}}' ",
    ),
    "a schema location without a namespace": FLOOD_XML.replace(
        "<alert ", f"<alert {SCHEMA_LOCATION.format(attribute='noNamespaceSchemaLocation')}='{{trap}}' "
    ),
}
PIECES = [
    "<info>",
    "</info>",
    "<!DOCTYPE a>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?x?>",
    "&#13;",
    "&lt;",
    "9" * 5000,
    ",",
]
MANY_ATTRIBUTES = "<b " + " ".join(f"a{n}=''" for n in range(20_000)) + "/>"
HARMLESS = {name for name in ATTACKS if name.startswith(("a stylesheet", "a schema location"))}


class Trap:
    """A named pipe and a listening port. Whoever opens the pipe waits for a writer, and so can be seen."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.pipe = folder / "secret"
        os.mkfifo(self.pipe)
        self._listener = listener

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self, program: str, document: bytes) -> tuple[bool, str]:
        """Feed `document` to a Python `program`: whether it opened the pipe, and what it printed."""
        child = subprocess.Popen(  # noqa: S603 -- our own interpreter and program
            [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        with child:
            assert child.stdin
            assert child.stdout
            child.stdin.write(document)
            child.stdin.close()
            opened = self._seen_at_the_pipe(child)
            return opened, child.stdout.read().decode()

    def called(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self._listener.accept()[0].close()
            return True
        return False

    def _seen_at_the_pipe(self, child: subprocess.Popen[bytes]) -> bool:
        while child.poll() is None:
            with contextlib.suppress(OSError):  # ENXIO: nobody has it open for reading
                writer = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
                os.write(writer, b"the secret")
                os.close(writer)
                return True
            time.sleep(0.005)
        return False


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Trap(tmp_path, listener)


def test_the_trap_catches_a_parser_that_trusts_its_input(trap: Trap) -> None:
    document = ATTACKS["an external entity"].format(trap=trap.pipe.as_uri()).encode()
    assert trap.run(READ_TRUSTFULLY, document) == (True, "taken the secret\n")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_file_is_opened(attack: str, trap: Trap) -> None:
    opened, printed = trap.run(READ, ATTACKS[attack].format(trap=trap.pipe.as_uri()).encode())
    assert not opened
    assert printed.startswith("taken rivers-2026-0042" if attack in HARMLESS else "refused")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nobody_is_called(attack: str, trap: Trap) -> None:
    trap.run(READ, ATTACKS[attack].format(trap=f"{trap.address}/x").encode())
    assert not trap.called()


@needs_samples
def test_the_attack_seen_in_the_wild_opens_no_file_and_calls_nobody(trap: Trap) -> None:
    document = (FOLDER / "invalid" / "google-xee.cap").read_bytes()
    assert document.count(b"file:///etc/passwd") == 1
    aimed = document.replace(b"file:///etc/passwd", trap.pipe.as_uri().encode())
    opened, printed = trap.run(READ, aimed.replace(b"http://localhost:8080", trap.address.encode()))
    assert not opened
    assert not trap.called()
    assert printed.startswith("refused ['the message has a DOCTYPE")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7", "utf-32"])
@pytest.mark.parametrize("doctype", ["<!DOCTYPE alert>", '<!DOCTYPE alert [<!ENTITY a "b">]>'])
def test_a_doctype_is_refused_in_every_encoding(doctype: str, encoding: str) -> None:
    declared = FLOOD_XML.replace("UTF-8", encoding).replace("?>", f"?>{doctype}", 1)
    _, start, rest = declared.partition("<!DOCTYPE")
    head = declared.removesuffix(start + rest)
    data = head.encode() + (start + rest).encode(encoding) if encoding == "utf-7" else declared.encode(encoding)
    with pytest.raises(CapRefused, match=r"has a DOCTYPE|no well-formed XML"):
        read(data)


def test_a_bomb_of_entities_is_refused_before_it_grows() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "boom"}">' for n in range(12))
    bomb = f"{DECLARATION}<!DOCTYPE alert [{entities}]>" + BODY.replace(">Flood<", ">&e11;<")
    with pytest.raises(CapRefused, match="has a DOCTYPE"):
        read(bomb.encode())


@pytest.mark.parametrize("depth", [33, 200, 100_000])
def test_a_deep_nesting_is_refused(depth: int) -> None:
    with pytest.raises(CapRefused, match="is nested more than 32 deep"):
        read(b"<a>" * depth + b"</a>" * depth)


@pytest.mark.parametrize("many", ["<b/>" * 20_000, MANY_ATTRIBUTES])
def test_too_many_elements_or_attributes_are_refused(many: str) -> None:
    with pytest.raises(CapRefused, match="has more than 20,000 elements and attributes"):
        read(flood_xml("<event>", f"<event>{many}"))


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 1000,
        b"\xff\xfe" * 500,
        b"<" * 100_000,
        flood_xml("Flood", "\x00"),
        flood_xml("Flood", "&#0;"),
        flood_xml("Flood", "&#xFFFE;"),
        flood_xml()[:-20],
        flood_xml() + flood_xml(),
        flood_xml().replace(b"Flood", b"\x80"),
    ],
)
def test_rubbish_is_refused_with_a_line_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(CapRefused, match=r"^line \d+: this is no well-formed XML"):
        read(data)


@settings(max_examples=300)
@given(st.integers(0, len(FLOOD_XML)), st.integers(0, 30), st.text(max_size=10) | st.sampled_from(PIECES))
def test_whatever_comes_in_is_taken_or_refused(start: int, cut: int, inserted: str) -> None:
    text = FLOOD_XML[:start] + inserted + FLOOD_XML[start + cut :]
    with contextlib.suppress(CapRefused):
        read(text.encode("utf-8", "surrogatepass"))


def test_a_message_full_of_oddities_gets_a_bounded_list_of_warnings() -> None:
    reading = read(flood_xml("<circle>50.05,14.1 2.5</circle>", "<circle>1,1 0</circle>" * 5000))
    assert len(reading.warnings) == 10
    assert reading.warnings[-1].text.endswith("(and more of the kind)")
