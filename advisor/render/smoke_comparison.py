"""Results of smoke tests side by side as text, Markdown and CSV."""

from __future__ import annotations

from advisor.needs.units import format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv, visible
from advisor.smoke.comparison import Compared, FigureRow, SmokeComparison


def _rows(document: SmokeComparison) -> list[list[str]]:
    """Return a row for every fact, figure and check; the last cell says what to make of it."""
    rows = [["", *(_name(result) for result in document.results), ""]]
    rows.append(["date", *(result.date for result in document.results), ""])
    rows.append(["engine", *(result.engine or "-" for result in document.results), ""])
    rows.append(["verdict", *(result.verdict for result in document.results), ""])
    rows += [[f.name, *(_figure(f.name, value) for value in f.values), _change(f)] for f in document.figures]
    return rows + [[c.id, *c.verdicts, "" if c.same else "differs"] for c in document.checks]


def _name(result: Compared) -> str:
    return f"{result.model.name} {result.model.quantization or ''}".strip()


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return format_size(value) if name.endswith("_bytes") else f"{value:.2f}"


def _change(figure: FigureRow) -> str:
    if figure.change is None or figure.noise is None:
        return ""
    noise = f"within noise of {figure.noise:.0%}" if figure.within_noise else f"beyond noise of {figure.noise:.0%}"
    return f"{figure.change:+.0%}, {noise}"


def table(document: SmokeComparison, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return columns; what keeps the results from being comparable stands below."""
    header, *rows = _rows(document)
    text = columns_of(header, rows, width)
    notes = [paragraph(note, width, "  ", "note: ") for note in document.notes]
    return visible("\n".join([text, *([""] if notes else []), *notes])) + "\n"


def markdown(document: SmokeComparison, **_: object) -> str:
    """Return a Markdown table and the notes."""
    header, *rows = _rows(document)
    lines = ["| " + " | ".join(escaped(cell) for cell in row) + " |" for row in (header, *rows)]
    notes = [f"- {escaped(note)}" for note in document.notes]
    return "\n".join([lines[0], "|" + " --- |" * len(header), *lines[1:], "", *notes]).rstrip() + "\n"


def csv(document: SmokeComparison, **_: object) -> str:
    """Return the same rows as CSV."""
    return rows_as_csv(_rows(document))
