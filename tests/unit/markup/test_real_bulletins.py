"""Real government pages: made safe, turned into mail and text, with nothing lost on the way."""

import json
import re
from pathlib import Path

import pytest

from channels.markup import to_mail_html, to_safe_html, to_text
from channels.markup.tree import parse_fragment

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "bulletins"
FILES = sorted(FOLDER.glob("*.json"))

pytestmark = pytest.mark.skipif(not FILES, reason=f"SKIPPED: no real bulletins in {FOLDER}; no real page was tried")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_page_is_safe_and_keeps_its_words(path: Path) -> None:
    body = json.loads(path.read_text(encoding="utf-8"))["details"].get("body") or ""
    safe = to_safe_html(body, "html", base_url="https://www.gov.example")
    assert not re.search(r"<(script|svg|iframe)|\s(class|id|style|on\w+)=", safe)
    assert to_safe_html(safe, "html") == safe
    assert "<img" not in to_mail_html(safe)
    text = to_text(safe)
    missing = [word for word in " ".join(parse_fragment(safe).itertext()).split() if word not in text]
    assert not missing
    assert not re.search(r"<\w+>|\n\n\n|[ ]$", text, flags=re.MULTILINE)


def test_an_arabic_page_keeps_every_letter() -> None:
    arabic = [path for path in FILES if json.loads(path.read_text(encoding="utf-8")).get("locale") == "ar"]
    assert arabic
    for path in arabic:
        safe = to_safe_html(json.loads(path.read_text(encoding="utf-8"))["details"]["body"], "html")
        words = " ".join(parse_fragment(safe).itertext()).split()
        assert [word for word in to_text(safe).split() if re.search("[\u0600-\u06ff]", word)] == [
            word for word in words if re.search("[\u0600-\u06ff]", word)
        ]
