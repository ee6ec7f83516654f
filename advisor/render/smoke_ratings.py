"""What people preferred, read back from a blind sheet, as text, Markdown and CSV."""

from __future__ import annotations

from advisor.render.columns import WIDTH_WITHOUT_TERMINAL
from advisor.render.columns import table as columns_of
from advisor.render.markup import rows_as_csv
from advisor.smoke.request import Ratings

HEADER = ["result", "suite", "won", "comparisons"]


def _rows(document: Ratings) -> list[list[str]]:
    return [[row.document[:12], row.suite, f"{row.won:g}", str(row.made)] for row in document.rated]


def table(document: Ratings, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return one row a result and suite; ties count half."""
    return columns_of(HEADER, _rows(document), width, right=(2, 3)) + "\n"


def markdown(document: Ratings, **_: object) -> str:
    """Return the same as a Markdown table."""
    rows = [HEADER, ["---"] * len(HEADER), *_rows(document)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def csv(document: Ratings, **_: object) -> str:
    """Return the same as CSV."""
    return rows_as_csv([HEADER, *_rows(document)])
