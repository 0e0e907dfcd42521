"""The page that shows all pictures side by side."""

from collections.abc import Sequence
from html import escape
from itertools import product
from pathlib import Path

from tests.browser.gallery.kinds import LANGUAGES, SIZES, THEMES

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Every page</title><style>
body {{ font: 16px/1.4 system-ui; margin: 1rem; background: #777; color: #fff }} h2 {{ margin: 2rem 0 .5rem }}
div {{ display: flex; gap: .5rem; align-items: start; overflow-x: auto }} a {{ flex: none; color: inherit }}
img {{ display: block; inline-size: auto; block-size: 36rem; object-fit: cover; object-position: top }}
</style></head><body><h1>Every page</h1><p>{contents}</p>{rows}</body></html>"""


def write_index(folder: Path, names: Sequence[str]) -> Path:
    """index.html in the folder; its path."""
    contents = " · ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in names)
    page = folder / "index.html"
    page.write_text(PAGE.format(contents=contents, rows="".join(_row(name) for name in names)))
    return page


def _row(name: str) -> str:
    kinds = product(LANGUAGES, THEMES, SIZES)
    files = [f"{name}-{size}-{theme}-{language}.png" for language, theme, size in kinds]
    pictures = "".join(
        f'<a href="{file}" title="{file}"><img src="{file}" alt="{file}" loading="lazy"></a>' for file in files
    )
    return f'<h2 id="{escape(name)}">{escape(name)}</h2><div>{pictures}</div>'
