"""A comparison as columns for people, as Markdown and as CSV: one column a model."""

from __future__ import annotations

from advisor.compare import Comparison
from advisor.needs.units import format_count
from advisor.recommendation import Candidate
from advisor.render import words
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, padded, paragraph, width_of
from advisor.render.markup import escaped, rows_as_csv
from advisor.rules.finding import RULES, Finding


def _rows(document: Comparison) -> list[list[str]]:
    """Return a row for every fact and rule, its name first."""
    models = document.candidates
    facts = [document.facts[c.id] for c in models]
    rows = [
        ["", *(c.name for c in models)],
        ["verdict", *(c.verdict.value for c in models)],
        ["rank", *(str(c.rank or "-") for c in models)],
        ["score", *(words.score(c) for c in models)],
        ["provider", *(words.provider(c) for c in models)],
        ["licence", *(words.licence(c) for c in models)],
        ["parameters", *(_parameters(c) for c in models)],
        ["released", *(f.released or "unknown" for f in facts)],
        ["context", *(f"{f.context_native:,}" if f.context_native else "unknown" for f in facts)],
        ["languages", *(str(f.languages or "unknown") for f in facts)],
        ["reasoning", *(f.reasoning or "unknown" for f in facts)],
        ["gated", *("unknown" if f.gated is None else "yes" if f.gated else "no" for f in facts)],
        ["downloads", *(f"{f.downloads:,}" if f.downloads is not None else "unknown" for f in facts)],
        ["artifact", *(words.quantization(c) for c in models)],
        ["memory", *(words.memory(c) for c in models)],
        ["speed", *(words.speed(c) for c in models)],
    ]
    if document.requirements.lang:
        rows.append(["evidence", *(words.evidence(c) or "-" for c in models)])
    own = sorted({f.rule for c in models for f in c.findings if f.rule not in RULES})
    for rule in (*RULES, *own):
        told = [next((f for f in c.findings if f.rule == rule), None) for c in models]
        if any(told):
            rows.append([f"rule {rule}", *(_said(f) if f else "-" for f in told)])
    for criterion, name in words.CRITERIA.items():
        parts = [next((s for s in c.scores if s.criterion == criterion), None) for c in models]
        if any(parts):
            rows.append([name, *(f"{s.value:.2f} x {s.weight:.2f}: {s.basis}" if s else "-" for s in parts)])
    return rows


def _said(finding: Finding) -> str:
    decided = [f"{r.policy} {'excepts' if r.exception else f'says {r.severity}'}" for r in words.telling(finding)]
    return f"{finding.verdict.value}: {finding.reason}" + (f" ({', '.join(decided)})" if decided else "")


def _parameters(candidate: Candidate) -> str:
    if candidate.parameters_total is None:
        return "unknown"
    active = f", {format_count(candidate.parameters_active)} active" if candidate.parameters_active else ""
    return format_count(candidate.parameters_total) + active


def table(document: Comparison, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return columns where the terminal is wide enough, else one block a model."""
    rows = _rows(document)
    first = max(width_of(row[0]) for row in rows)
    each = (width - first) // len(document.candidates) - 2
    if each < 18:
        blocks = [_block(rows, index + 1, first, width) for index in range(len(document.candidates))]
        return "\n\n".join(blocks) + "".join(f"\n{line}" for line in _policies(document, width)) + "\n"
    lines: list[str] = []
    for row in rows:
        cells = [paragraph(cell, each).split("\n") for cell in row[1:]]
        for line in range(max(len(cell) for cell in cells)):
            name = row[0] if line == 0 else ""
            texts = [padded(cell[line] if line < len(cell) else "", each) for cell in cells]
            lines.append("  ".join([padded(name, first), *texts]).rstrip())
    return "\n".join([*lines, *_policies(document, width)]) + "\n"


def _policies(document: Comparison, width: int) -> list[str]:
    return ["", *(paragraph(words.policy(used), width) for used in document.policies)] if document.policies else []


def _block(rows: list[list[str]], index: int, first: int, width: int) -> str:
    return "\n".join(paragraph(row[index], width, " " * (first + 2), padded(row[0], first) + "  ") for row in rows)


def markdown(document: Comparison, **_: object) -> str:
    """Return a Markdown table."""
    header, *rows = _rows(document)
    lines = ["| " + " | ".join(escaped(cell) for cell in row) + " |" for row in (header, *rows)]
    told = "".join(f"\n{escaped(words.policy(used))}\n" for used in document.policies)
    return "\n".join([lines[0], "|" + " --- |" * len(header), *lines[1:]]) + "\n" + told


def csv(document: Comparison, **_: object) -> str:
    """Return the same rows as CSV."""
    return rows_as_csv(_rows(document))
