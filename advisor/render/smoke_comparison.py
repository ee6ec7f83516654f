"""Results of smoke tests side by side as text, Markdown and CSV."""

from __future__ import annotations

from typing import Literal

from advisor.needs.units import format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv, visible
from advisor.smoke.comparison import ABSENT, CheckRow, Compared, FigureRow, SmokeComparison

SHORT = 12
"""Digits of a result's sha256 that its file is named by."""
FACTS = ("", "result", "date", "engine")


def _rows(document: SmokeComparison) -> list[list[str]]:
    """Return a row for every fact, figure and check; the last cell says what to make of it."""
    facts = zip(*map(_facts, document.results), strict=True)
    rows = [[name, *told, ""] for name, told in zip(FACTS, facts, strict=True)]
    return rows + _outcomes(document)


def _facts(result: Compared) -> tuple[str, str, str, str]:
    name = f"{result.model.name} {result.model.quantization or ''}".strip()
    return name, result.document[:SHORT], result.date, result.engine or "-"


def _outcomes(document: SmokeComparison) -> list[list[str]]:
    rows = [["verdict", *(result.verdict for result in document.results), ""]]
    rows += [[f.name, *(_figure(f.name, value) for value in f.values), _change(f)] for f in document.figures]
    return rows + [[c.id, *c.verdicts, _outcome(c)] for c in document.checks]


def _outcome(check: CheckRow) -> str:
    told = [verdict for verdict in check.verdicts if verdict != ABSENT]
    if len(set(told)) > 1:
        return "differs"
    return "" if check.same else "not run in all"


def _figure(name: str, value: float | Literal["-"]) -> str:
    if value == ABSENT:
        return ABSENT
    return format_size(value) if name.endswith("_bytes") else f"{value:.2f}"


def _change(figure: FigureRow) -> str:
    if figure.change is None or figure.noise is None:
        return ""
    noise = f"within noise of {figure.noise:.0%}" if figure.within_noise else f"beyond noise of {figure.noise:.0%}"
    return f"{figure.change:+.0%}, {noise}"


def table(document: SmokeComparison, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return numbered columns; whose they are stands above, what keeps them from being comparable below."""
    results = [(str(number), result) for number, result in enumerate(document.results, 1)]
    whose = [paragraph(", ".join(_facts(result)), width, " " * 4, f"{number:<4}") for number, result in results]
    rows = _outcomes(document)
    columns = columns_of(["", *(number for number, _ in results), ""], rows, width, whole=(0, len(rows[0]) - 1))
    notes = [paragraph(note, width, "  ", "note: ") for note in document.notes]
    return visible("\n".join([*whose, "", columns, *([""] if notes else []), *notes])) + "\n"


def markdown(document: SmokeComparison, **_: object) -> str:
    """Return a Markdown table and the notes."""
    header, *rows = _rows(document)
    lines = ["| " + " | ".join(escaped(cell) for cell in row) + " |" for row in (header, *rows)]
    notes = [f"- {escaped(note)}" for note in document.notes]
    return "\n".join([lines[0], "|" + " --- |" * len(header), *lines[1:], "", *notes]).rstrip() + "\n"


def csv(document: SmokeComparison, **_: object) -> str:
    """Return the same rows as CSV."""
    return rows_as_csv(_rows(document))
