"""Whether a file could be published, from the file alone: no database, no server, no network."""

import stat
from dataclasses import dataclass
from pathlib import Path

from alerts.cap.parsing import MAX_BYTES
from alerts.cap.reading import read
from alerts.cap.refusals import Refused
from alerts.files.front_matter import parse_bulletin

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found in one file. `kind` is "cap", "bulletin", or "" for neither and for the unreadable."""

    path: Path
    kind: str
    ok: bool
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def check_file(path: Path) -> FileReport:
    """Read `path` and judge it by its content, not its name. Never raises for what the file is or holds."""
    kind = ""
    try:
        data = read_file(path)
        kind = kind_of(data)
        warnings = _warnings(kind, data)
    except Refused as refused:
        return FileReport(path, kind, ok=False, reasons=tuple(refused.reasons))
    return FileReport(path, kind, ok=True, warnings=warnings)


def read_file(path: Path) -> bytes:
    """The bytes of an ordinary file of at most 2 MiB. Raises Refused with the reason and the way out."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise Refused(["a folder: name the files in it"])
        if not stat.S_ISREG(mode):
            raise Refused(["no ordinary file: name a file"])  # a pipe would wait for ever, a device never end
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Refused(["no such file: look at the path"]) from None
    except PermissionError:
        raise Refused(["may not be read: allow your user to read it"]) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise Refused([f"cannot be read: {getattr(error, 'strerror', None) or error}"]) from None
    if len(data) > MAX_BYTES:
        raise Refused([f"larger than {MAX_BYTES:,} bytes: shorten it or link to large parts"])
    return data


def kind_of(data: bytes) -> str:
    """ "cap" for XML, "bulletin" for a front matter. Raises Refused for anything else."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise Refused(["empty: write a bulletin or a CAP 1.2 message into it"])
    if start.startswith((b"<", *_UTF_16_MARKS)):
        return "cap"
    if start.startswith(b"---"):
        return "bulletin"
    raise Refused(["neither a CAP 1.2 message (XML) nor a bulletin (Markdown that begins with a line ---)"])


def _warnings(kind: str, data: bytes) -> tuple[str, ...]:
    if kind == "cap":
        return tuple(warning.text for warning in read(data).warnings)
    parse_bulletin(data)
    return ()
