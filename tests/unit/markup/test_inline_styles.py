"""Styles on the elements, as mail programs need them; nothing is fetched."""

from channels.markup import inline_styles
from channels.message import Hole, Marks


def test_rules_move_to_the_elements_and_media_rules_stay() -> None:
    html = inline_styles(
        "<html><head><style>p { margin: 0 } @media (prefers-color-scheme: dark) { p { color: red !important } }</style>"
        "</head><body><p>x</p></body></html>"
    )
    assert '<p style="margin:0">x</p>' in html
    assert "<style>@media (prefers-color-scheme:dark){p{color:red !important}}</style>" in html
    assert html.count("margin") == 1


def test_no_style_sheet_is_loaded_from_anywhere() -> None:
    html = '<html><head><link rel="stylesheet" href="http://127.0.0.1:1/x.css"></head><body>x</body></html>'
    assert "x.css" not in inline_styles(html)


def test_marks_come_through_unchanged() -> None:
    marks = Marks()
    words = [marks.mark(hole) for hole in Hole]
    link = f'<a href="https://x.example/{words[0]}">{" ".join(words)}</a>'
    html = inline_styles(f"<style>a {{ color: red }}</style>{link}")
    assert all(word in html for word in words)
    assert f'href="https://x.example/{words[0]}"' in html
