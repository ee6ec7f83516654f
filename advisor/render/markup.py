"""Other people's text made safe for Markdown and for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def escaped(text: str) -> str:
    """Keep a name or a sentence from being read as Markdown."""
    for character in "\\|<>*`[]":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")


def rows_as_csv(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV; text that a spreadsheet would take for a formula is quoted, None is left empty."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow(["" if cell is None else _inert(cell) for cell in row])
    return out.getvalue()


def _inert(cell: object) -> object:
    return "'" + cell if isinstance(cell, str) and cell != "-" and cell.lstrip()[:1] in ("=", "+", "-", "@") else cell
