"""The coverage of a catalog as a table, Markdown and CSV."""

from __future__ import annotations

from advisor.curation.coverage import Coverage, FactCoverage
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv

_HEADER = ["fact", "known", "of", "share", "floor", "met"]


def table(document: Coverage, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return a row a fact, and below how it is known and which models lack it."""
    blocks = [columns_of(_HEADER, [_row(fact, document) for fact in document.facts], width, (1, 2, 3, 4))]
    blocks += [paragraph(f"{fact.fact}: {_kinds(fact)}", width, "  ") for fact in document.facts if fact.kinds]
    lacking = [fact for fact in document.facts if fact.missing]
    blocks += [paragraph(f"{fact.fact} missing: {', '.join(fact.missing)}", width, "  ") for fact in lacking]
    return "\n\n".join(blocks) + "\n"


def _row(fact: FactCoverage, document: Coverage) -> list[str]:
    share = f"{100 * fact.known // document.models} %" if document.models else "-"
    met = "yes" if fact.met else "no"
    return [fact.fact, str(fact.known), str(document.models), share, f"{fact.floor} %", met]


def _kinds(fact: FactCoverage) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in (fact.kinds or {}).items())


def markdown(document: Coverage, **_: object) -> str:
    """Return the same as Markdown."""
    rows = [_HEADER, ["---"] * len(_HEADER), *(_row(fact, document) for fact in document.facts)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines += ["", *(f"{fact.fact}: {_kinds(fact)}" for fact in document.facts if fact.kinds)]
    missing = [f"- {f.fact}: {escaped(', '.join(f.missing))}" for f in document.facts if f.missing]
    return "\n".join(lines) + ("\n\nMissing:\n\n" + "\n".join(missing) if missing else "") + "\n"


def csv(document: Coverage, **_: object) -> str:
    """Return one row a fact and model that lacks it."""
    return rows_as_csv([["fact", "missing"], *([f.fact, model_id] for f in document.facts for model_id in f.missing)])
