"""Real messages of others: taken, taken with warnings, or refused, each for what it is."""

from pathlib import Path

import pytest

from alerts.cap.message import CapMessage
from alerts.cap.reading import CapRefused, read
from alerts.cap.writing import CapUnsendable, write
from tests.unit.cap.samples import needs_samples, samples

pytestmark = needs_samples

ODD = {
    "google-australia.cap": ["html-in-text", "html-in-text"],
    "google-earthquake-iso8859-1.cap": ["addresses-without-scope", "circle-radius"],
    "oasis-example1.xml": ["expires-missing", "area-only-described"],
    "oasis-example3.xml": ["expires-missing", "circle-radius"],
    "oasis-example4.xml": ["expires-missing", "expires-missing"],
    "oasiscap-google-PAAQ-4-mg5a94.xml": [
        "expires-before-effective",
        "expires-before-onset",
        "circle-radius",
    ],
}
REASONS = {
    "google-invalid.cap": "line 9, element info: This element is not expected.",
    "google-xee.cap": "the message has a DOCTYPE",
    "wmo-tg-invalid_schema.xml": "line 16, element audience: This element is not expected.",
}


@pytest.mark.parametrize("path", samples("valid", "signature"), ids=lambda path: path.name)
def test_a_valid_message_is_taken_with_the_warnings_it_deserves(path: Path) -> None:
    assert [warning.code for warning in read(path.read_bytes()).warnings] == ODD.get(path.name, [])


@pytest.mark.parametrize("path", samples("invalid"), ids=lambda path: path.name)
def test_an_invalid_message_is_refused_with_its_reason(path: Path) -> None:
    (reason,) = _reasons(path)
    assert reason.startswith(REASONS[path.name])


@pytest.mark.parametrize("path", samples("other-version"), ids=lambda path: path.name)
def test_another_version_is_refused_as_such(path: Path) -> None:
    (reason,) = _reasons(path)
    assert "this is CAP 1.1; only CAP 1.2 is taken" in reason


@pytest.mark.parametrize("path", samples("valid"), ids=lambda path: path.name)
def test_what_came_in_without_a_warning_could_go_out_the_same(path: Path) -> None:
    message = read(path.read_bytes()).message
    if path.name in {*ODD}:
        with pytest.raises(CapUnsendable):
            write(message)
    else:
        assert read(write(message)).message == message


def test_an_encoding_other_than_utf_8_is_understood() -> None:
    (path,) = [path for path in samples("valid") if "iso8859-1" in path.name]
    assert b"ISO-8859-1" in path.read_bytes()[:100].upper()
    assert "Usulután" in _message(path).infos[0].headline


def test_a_signature_that_is_wrong_does_not_change_what_is_read() -> None:
    read_alike = {_message(path) for path in samples("signature") if path.name.startswith("wmo-sc")}
    assert len(read_alike) == 1


def _message(path: Path) -> CapMessage:
    return read(path.read_bytes()).message


def _reasons(path: Path) -> list[str]:
    with pytest.raises(CapRefused) as refused:
        read(path.read_bytes())
    return refused.value.reasons
