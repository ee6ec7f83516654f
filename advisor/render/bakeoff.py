"""A bake-off as text, Markdown and CSV: one row a model."""

from __future__ import annotations

from advisor.needs.units import format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv, visible
from advisor.smoke.comparison import Bakeoff, Contender

HEADER = ["model", "quant", "verdict", "cases", "share", "95 %", "tok/s", "memory"]


def _row(contender: Contender) -> list[str]:
    model, rate, peak = contender.model, contender.generation_tokens_per_second, contender.peak_rss_bytes
    interval = "-" if contender.low is None else f"{contender.low:.2f}-{contender.high or 0:.2f}"
    return [
        model.name + (" ~" if contender.within_noise_of_best else ""), model.quantization or "-", contender.verdict,
        f"{contender.passed} of {contender.cases}",
        "-" if contender.share is None else f"{contender.share:.2f}", interval,
        f"{rate:.1f}" if rate else "-", format_size(peak) if peak else "-",
    ]  # fmt: skip


def table(document: Bakeoff, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return the ranking with what its marks mean."""
    text = columns_of(HEADER, [_row(contender) for contender in document.contenders], width, right=(3, 4, 5, 6, 7))
    suites = ", ".join(f"{suite.name} ({suite.sha256[:12]})" for suite in document.suites)
    told = [paragraph(f"Suites: {suites}. {document.date}.", width)]
    if any(contender.within_noise_of_best for contender in document.contenders):
        told.append(paragraph("~ not to be told from the best: the intervals of their shares overlap.", width))
    return visible("\n".join([text, "", *told])) + "\n"


def markdown(document: Bakeoff, **_: object) -> str:
    """Return the ranking as a Markdown table."""
    rows = [HEADER, ["---"] * len(HEADER), *(map(escaped, _row(contender)) for contender in document.contenders)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def csv(document: Bakeoff, **_: object) -> str:
    """Return the ranking as CSV."""
    return rows_as_csv([HEADER, *(_row(contender) for contender in document.contenders)])
