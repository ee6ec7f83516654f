"""Text in columns: widths that count East Asian characters twice, cells cut with an ellipsis, wrapped paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import category, east_asian_width

WIDTH_WITHOUT_TERMINAL = 100
_INVISIBLE = frozenset({"Mn", "Me", "Cf"})
"""Categories of characters that take no cell: combining marks and formatting characters."""


def width_of(text: str) -> int:
    """Return how many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    return sum(0 if category(c) in _INVISIBLE else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, with an ellipsis where it was longer."""
    if width_of(text) <= width:
        return text
    kept = ""
    for character in text:
        if width_of(kept + character) > width - 1:
            break
        kept += character
    return kept + "…"


def padded(text: str, width: int, right: bool = False) -> str:
    """Return `text` cut or filled up to `width` cells."""
    text = cut(text, width)
    filling = " " * (width - width_of(text))
    return filling + text if right else text + filling


NARROWEST_COLUMN = 8


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    right: Sequence[int] = (),
    whole: Sequence[int] = (),
) -> str:
    """Lay rows out under a header in at most `width` cells; the widest columns give way, `whole` ones do not."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(width_of(line[i]) for line in lines) for i in range(len(header))]
    yielding = [i for i in range(len(widths)) if i not in whole]
    while sum(widths) + 2 * (len(widths) - 1) > width:
        widest = max(yielding, key=lambda i: widths[i], default=None)
        if widest is None or widths[widest] <= NARROWEST_COLUMN:
            break
        widths[widest] -= 1
    texts = ["  ".join(padded(cell, widths[i], i in right) for i, cell in enumerate(line)).rstrip() for line in lines]
    rule = "-" * min(max(width_of(text) for text in texts), width)
    return "\n".join([texts[0], rule, *texts[1:]])


def paragraph(text: str, width: int, indent: str = "", first: str | None = None) -> str:
    """Wrap prose to `width` cells under `indent`; the first line starts with `first`; identifiers are never broken."""
    room = max(width, len(indent) + 10)
    lines = [indent if first is None else first]
    empty = True
    for word in text.split():
        for piece in _pieces(word, room - len(indent)):
            if not empty and width_of(lines[-1]) + 1 + width_of(piece) > room:
                lines.append(indent)
                empty = True
            lines[-1] += piece if empty else " " + piece
            empty = False
    return "\n".join(lines)


def _pieces(word: str, room: int) -> list[str]:
    """Break a word of a script without spaces where it is too long; leave identifiers whole."""
    if word.isascii() or width_of(word) <= room:
        return [word]
    pieces = [""]
    for character in word:
        if width_of(pieces[-1] + character) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces
