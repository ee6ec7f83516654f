"""Other people's text made safe for Markdown and for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), *range(8234, 8239), *range(8294, 8298)), "�") | {
    9: " ", 10: "\n", 13: "\n",
}  # fmt: skip
"""What a terminal or a reader's eye would be led astray by: control characters, and those that turn the direction."""


def visible(text: str) -> str:
    """Return what a model said without characters that act on a terminal or hide what they are."""
    return text.translate(_CONTROLS)


def escaped(text: str) -> str:
    """Keep a name or a sentence from being read as Markdown."""
    for character in "\\|<>*`[]":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")


def rows_as_csv(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV: no formulas and no control characters in it, None left empty."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow(["" if cell is None else _inert(cell) for cell in row])
    return out.getvalue()


def _inert(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = visible(cell)
    return "'" + text if text != "-" and text.lstrip()[:1] in ("=", "+", "-", "@") else text
