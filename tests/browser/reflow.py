"""Large type and small windows: WCAG 1.4.4 (200 %), 1.4.10 (reflow), 1.4.12 (spacing); no motion for who wants none.

A window of 320 px is one of 1280 px at 400 %, one of 640 px at 200 %.
"""

from playwright.sync_api import Page

from tests.browser.visit import SIDEWAYS

WINDOWS = ((320, 640), (640, 512))
# As a sheet that a page's own policy does not forbid.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-block-end: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""
# What is wider than its box and neither scrolls nor wraps is cut; a field scrolls its own text.
CUT = """() => [...document.querySelectorAll("main *, header *, footer *")].filter((one) => {
    const style = getComputedStyle(one);
    const meant = one.matches("input, select, textarea, progress, iframe, svg, svg *, .visually-hidden, .trap, .trap *")
    return !meant && (["hidden", "clip"].includes(style.overflowX) || style.textOverflow === "ellipsis")
        && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
}).map((one) => one.outerHTML.slice(0, 120))"""
MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
    const style = getComputedStyle(one);
    return style.transitionDuration !== "0s" || style.animationName !== "none";
}).map((one) => one.outerHTML.slice(0, 120))"""


def cut_or_moving(page: Page) -> list[str]:
    """What does not fit at both sizes, and with the spacing that a reader may set; the page keeps that spacing."""
    found = []
    for spacing in (False, True):
        if spacing:
            page.evaluate(SPACING)
        for width, height in WINDOWS:
            page.set_viewport_size({"width": width, "height": height})
            where = f"at {width}{' with spacing' if spacing else ''}"
            if page.evaluate(SIDEWAYS):
                found.append(f"{where}: scrolls sideways")
            found += [f"{where}: cut {html}" for html in page.evaluate(CUT)]
    return found + [f"moves {html}" for html in page.evaluate(MOVING)]
