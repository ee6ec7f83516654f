"""A diagnosis as text for people, as Markdown and as CSV."""

from __future__ import annotations

from advisor.hub.doctor import Diagnosis
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import escaped, rows_as_csv

_SIGNS = {"pass": "ok", "warn": "warn", "fail": "FAIL", "skip": "-"}
_ENDS = {
    "pass": "Everything works.",
    "warn": "It works, with the limits above.",
    "fail": "Something fails; the lines with an arrow say what to do.",
}


def table(document: Diagnosis, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return a line a check, with the remedy below where it is not well."""
    lines = []
    for check in document.checks:
        lines.append(paragraph(check.said, width, " " * 20, f"{_SIGNS[check.verdict]:<4}  {check.id:<12}  "))
        if check.remedy:
            lines.append(paragraph(check.remedy, width, " " * 23, " " * 20 + "-> "))
    return "\n".join([*lines, "", _ENDS[document.verdict]]) + "\n"


def markdown(document: Diagnosis, **_: object) -> str:
    """Return the same as a table."""
    rows = [
        f"| {check.id} | {check.verdict} | {escaped(check.said)} | {escaped(check.remedy or '')} |"
        for check in document.checks
    ]
    head = [f"advisor {document.version}, {escaped(document.endpoint)}", "", "| check | verdict | found | remedy |"]
    return "\n".join([*head, "| --- | --- | --- | --- |", *rows, "", _ENDS[document.verdict]]) + "\n"


def csv(document: Diagnosis, **_: object) -> str:
    """Return a row a check."""
    rows = [[check.id, check.verdict, check.said, check.remedy] for check in document.checks]
    return rows_as_csv([["check", "verdict", "said", "remedy"], *rows])
