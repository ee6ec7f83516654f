"""What people preferred, read back from blind sheets, as text, Markdown and CSV."""

from __future__ import annotations

from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv, visible
from advisor.smoke.blind import RatedSheets

HEADER = ["first", "second", "question", "first won", "second won", "ties", "share of first", "95 %"]


def _rows(document: RatedSheets) -> list[list[str]]:
    return [
        [*rated.models, o.question, str(o.first), str(o.second), str(o.ties),
         "-" if o.share is None else f"{o.share:.2f}", f"{o.low:.2f}-{o.high:.2f}"]
        for rated in document.rated
        for o in rated.outcomes
    ]  # fmt: skip


def table(document: RatedSheets, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return the names of each pair in full, below them one row a question."""
    blocks = []
    for rated in document.rated:
        rows = [row[2:] for row in _rows(RatedSheets(schema=document.schema, rated=(rated,)))]
        names = [
            paragraph(name, width, " " * 8, f"{place:<8}") for place, name in zip(HEADER[:2], rated.models, strict=True)
        ]
        blocks.append("\n".join([*names, "", columns_of(HEADER[2:], rows, width, right=(1, 2, 3, 4, 5))]))
    blocks.append(paragraph("Kept: they count in 'recommend' as your own evidence.", width))
    return visible("\n\n".join(blocks)) + "\n"


def markdown(document: RatedSheets, **_: object) -> str:
    """Return the same as a Markdown table."""
    rows = [HEADER, ["---"] * len(HEADER), *(map(escaped, row) for row in _rows(document))]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def csv(document: RatedSheets, **_: object) -> str:
    """Return the same as CSV."""
    return rows_as_csv([HEADER, *_rows(document)])
