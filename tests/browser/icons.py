"""Draws the site's mark, icon.svg, as the pictures that home screens want: python -m tests.browser.icons

Run it after a change of the mark, and commit what it wrote.
"""

from pathlib import Path

from tests.browser.launching import launched

STATIC = Path("govnotify/static/govnotify")
# Name: pixels, the part of the width that the mark takes, and whether its ground has the mark's own round corners.
# Phones that cut a picture to their own shape keep a circle of 80 % of the width.
PICTURES = {
    "icon-192.png": (192, 1.0, True),
    "icon-512.png": (512, 1.0, True),
    "icon-maskable.png": (512, 0.8, False),
    "apple-touch-icon.png": (180, 0.9, False),
}
PAGE = """<!doctype html><style>* {{ margin: 0 }} html {{ background: {ground} }}
body {{ display: grid; place-items: center; block-size: 100vh }}
svg {{ inline-size: {part}vw; block-size: {part}vw }}</style>{mark}"""


def main() -> None:
    mark = (STATIC / "icon.svg").read_text()
    ground = mark.partition('fill="')[2].partition('"')[0]
    with launched() as browser:
        for name, (pixels, part, is_round) in PICTURES.items():
            page = browser.new_page(viewport={"width": pixels, "height": pixels})
            page.set_content(PAGE.format(mark=mark, part=100 * part, ground="transparent" if is_round else ground))
            page.screenshot(path=STATIC / name, omit_background=is_round)
            page.close()


if __name__ == "__main__":
    main()
