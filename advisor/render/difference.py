"""What changed between two catalogs as text, Markdown and CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from advisor.curation.diff import ChangedFact, ChangedRecord, Difference
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import escaped, rows_as_csv

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def table(document: Difference, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return a line a record that came or went, and under one that changed a line a fact."""
    lines = [line for record in document.records for line in _lines(record, width)]
    return "\n".join([*lines, *([""] if lines else []), paragraph(_summary(document), width)]) + "\n"


def _lines(record: ChangedRecord, width: int) -> Iterator[str]:
    yield f"{_SIGNS[record.change]} {record.kind}/{record.id}"
    for fact in record.facts:
        yield paragraph(_told(fact), width, "        ", "    ")


def _told(fact: ChangedFact) -> str:
    if fact.path.endswith("sources"):
        old, new = set(fact.old or ()), set(fact.new or ())
        return f"{fact.path}: {len(new - old)} added, {len(old - new)} removed"
    return f"{fact.path}: {_plain(fact.old)} -> {_plain(fact.new)}"


def _plain(value: Any) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _summary(document: Difference) -> str:
    counts = Counter(record.change for record in document.records)
    told = f"{counts['added']} added, {counts['removed']} removed, {counts['changed']} changed"
    return f"{told}; readings up to {document.old.as_of} -> {document.new.as_of}"


def markdown(document: Difference, **_: object) -> str:
    """Return a list of records with their facts."""
    lines = [_summary(document), ""]
    for record in document.records:
        lines.append(f"- {record.change}: `{record.kind}/{record.id}`")
        lines += [f"  - {escaped(_told(fact))}" for fact in record.facts]
    return "\n".join(lines) + "\n"


def csv(document: Difference, **_: object) -> str:
    """Return one row a fact, or a record that came or went."""
    rows = [
        [record.kind, record.id, record.change, *cells]
        for record in document.records
        for cells in [[f.path, _plain(f.old), _plain(f.new)] for f in record.facts] or [["", "", ""]]
    ]
    return rows_as_csv([["kind", "id", "change", "path", "old", "new"], *rows])
