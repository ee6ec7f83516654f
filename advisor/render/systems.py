"""The systems that the articles name as a table, Markdown and CSV."""

from __future__ import annotations

from advisor.listing import System, Systems
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import escaped, rows_as_csv

_HEADER = ["system", "articles and paragraphs", "catalog entries"]


def _row(system: System) -> list[str]:
    return [system.name, " ".join(system.places), " ".join(system.entries)]


def table(document: Systems, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return a block a system: its name, where it is named, the entries that stand for it."""
    blocks = []
    for system in document.systems:
        name, places, entries = _row(system)
        blocks.append("\n".join([
            paragraph(f"{name}: {places}", width, "    ", ""),
            paragraph(entries or "no entry", width, "    "),
        ]))  # fmt: skip
    return "\n".join(blocks) + f"\n\n{len(document.systems)} systems\n"


def markdown(document: Systems, **_: object) -> str:
    """Return a Markdown table."""
    rows = [_HEADER, ["---"] * 3, *([escaped(cell) for cell in _row(system)] for system in document.systems)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def csv(document: Systems, **_: object) -> str:
    """Return the same columns as CSV."""
    return rows_as_csv([_HEADER, *(_row(system) for system in document.systems)])
