"""Tables in plain text: columns where they fit in the width, otherwise one line per cell under its heading."""

import textwrap

Row = tuple[bool, list[str]]  # whether it is a row of headings, and its cells

_GAP = "  "


def table_lines(rows: list[Row], width: int) -> list[str]:
    """The table's lines, none with white space at its end."""
    rows = [row for row in rows if any(row[1])]
    if not rows:
        return []
    columns = max(len(cells) for _, cells in rows)
    widths = [max((len(cells[at]) for _, cells in rows if at < len(cells)), default=0) for at in range(columns)]
    if sum(widths) + len(_GAP) * (columns - 1) <= width:
        return _in_columns(rows, widths)
    return _as_records(rows, width)


def _in_columns(rows: list[Row], widths: list[int]) -> list[str]:
    lines: list[str] = []
    for heading, cells in rows:
        lines.append(_GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip())
        if heading:
            lines.append(_GAP.join("-" * width for width in widths))
    return lines


def _as_records(rows: list[Row], width: int) -> list[str]:
    """A paragraph per cell, its further lines indented, and an empty line after each row."""
    headings: list[str] = []
    lines: list[str] = []
    for heading, cells in rows:
        if heading:
            headings = cells
            continue
        if lines:
            lines.append("")
        for at, cell in enumerate(cells):
            label = headings[at] if at < len(headings) else ""
            lines += _hanging(f"{label}: {cell}" if label else cell, width)
    return lines or _hanging(" / ".join(headings), width)


def _hanging(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 20), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
