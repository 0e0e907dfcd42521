"""One file judged by its content, and every way in which a path is no such file."""

import os
from pathlib import Path

import pytest

from alerts.files.check import FileReport, check_file
from tests.unit.cap.builders import flood_xml
from tests.unit.cap.samples import needs_samples, samples
from tests.unit.files.test_front_matter import FILE


def test_xml_is_a_cap_message_and_a_front_matter_a_bulletin_whatever_the_name(tmp_path: Path) -> None:
    alert, bulletin = tmp_path / "alert.md", tmp_path / "bulletin.xml"
    alert.write_bytes(flood_xml())
    bulletin.write_text(FILE)
    assert check_file(alert) == FileReport(alert, "cap", ok=True)
    assert check_file(bulletin) == FileReport(bulletin, "bulletin", ok=True)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_before_the_text_does_not_hide_what_it_is(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "alert"
    path.write_text(flood_xml("UTF-8", encoding.removesuffix("-sig")).decode(), encoding)
    assert check_file(path) == FileReport(path, "cap", ok=True)


def test_an_oddity_in_a_cap_message_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "alert.xml"
    path.write_bytes(flood_xml("<expires>2026-02-04T06:00:00+01:00</expires>"))
    report = check_file(path)
    assert report.ok
    assert report.warnings == ("info 1 (“en”) has no expires: say until when it holds",)


def test_a_fault_is_a_reason_of_its_kind(tmp_path: Path) -> None:
    alert, bulletin = tmp_path / "a", tmp_path / "b"
    alert.write_bytes(flood_xml("<scope>Public</scope>"))
    bulletin.write_text(FILE.replace("title", "tittle"))
    assert check_file(alert).kind == "cap"
    assert check_file(alert).reasons[0].startswith("line 10, element code: ")
    assert check_file(bulletin).kind == "bulletin"
    assert check_file(bulletin).reasons[0] == "line 5, key tittle: not known: did you mean title?"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty: write a bulletin or a CAP 1.2 message into it"),
        (b" \n", "empty: write a bulletin or a CAP 1.2 message into it"),
        (
            b"Dear all",
            "neither a CAP 1.2 message (XML) nor a bulletin (Markdown that begins with a line ---)",
        ),
        (
            b"%PDF-1.7",
            "neither a CAP 1.2 message (XML) nor a bulletin (Markdown that begins with a line ---)",
        ),
        (
            b'{"title": 1}',
            "neither a CAP 1.2 message (XML) nor a bulletin (Markdown that begins with a line ---)",
        ),
        (b"x" * 10_000_000, "larger than 2,097,152 bytes: shorten it or link to large parts"),
    ],
)
def test_anything_else_is_refused_for_what_it_is(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert check_file(path) == FileReport(path, "", ok=False, reasons=(reason,))


def test_a_path_that_is_no_readable_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    reasons = {
        tmp_path / "missing": "no such file: look at the path",
        tmp_path: "a folder: name the files in it",
        pipe: "no ordinary file: name a file",
        Path("/dev/zero"): "no ordinary file: name a file",
        loop: "cannot be read: Too many levels of symbolic links",
        tmp_path / ("n" * 300): "cannot be read: File name too long",
        Path("a\0b"): "cannot be read: embedded null byte",
    }
    assert {path: check_file(path).reasons for path in reasons} == {path: (text,) for path, text in reasons.items()}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(mode=0o000)
    assert check_file(path).reasons == ("may not be read: allow your user to read it",)


@needs_samples
def test_every_real_message_is_judged_as_its_folder_says() -> None:
    assert all(check_file(path).ok for path in samples("valid", "signature"))
    for path in samples("invalid", "other-version"):
        report = check_file(path)
        assert (report.kind, report.ok) == ("cap", False)
        assert report.reasons
