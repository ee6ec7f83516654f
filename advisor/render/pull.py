"""A pull as text for people, as Markdown and as CSV."""

from __future__ import annotations

from advisor.hub.pulled import Pulled, PulledFile
from advisor.needs.units import format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv
from advisor.rules.verdict import Verdict

_HEADER = ["file", "role", "size", "sha256", "state"]


def _facts(document: Pulled) -> list[tuple[str, str]]:
    licence = document.license
    inherited = f"; inherited: {', '.join(licence.inherited)}" if licence and licence.inherited else ""
    return [
        ("model", document.model),
        ("artifact", f"{document.repository}, {document.quantization}"),
        ("revision", document.revision),
        ("publisher", document.publisher or "unknown"),
        ("licence", licence.id + inherited if licence else "unknown"),
        ("from", document.endpoint),
        ("to fetch", f"{format_size(document.download_bytes)} of {format_size(document.total_bytes)}"),
        ("free", format_size(document.free_bytes)),
    ]


def _rows(document: Pulled) -> list[list[str]]:
    return [
        [
            f.path,
            f.role,
            format_size(f.size_bytes) if f.size_bytes else "?",
            (f.sha256 or "?")[:16],
            _state(f, document),
        ]
        for f in document.files
    ]


def _state(file: PulledFile, document: Pulled) -> str:
    if document.inspection:
        return "was there" if file.present else "fetched"
    return "there" if file.present else "to fetch"


def _sentences(document: Pulled) -> list[str]:
    found = [
        f"{'Fails' if f.verdict is Verdict.FAIL else 'Not known'}: {f.rule}: {f.reason}." for f in document.findings
    ]
    found += [f"Condition: {text}." for text in document.conditions]
    found += [f"Header: {text}." for text in document.problems]
    found += list(document.notes)
    if document.override:
        found.append(f"Overridden ({', '.join(document.override.rules)}): {document.override.reason}")
    return [*found, _end(document)]


def _end(document: Pulled) -> str:
    if document.locked:
        return f"In {document.lock}. Hold the files against it at any time: advisor verify"
    if document.inspection == "fail":
        return "The header does not pass: nothing is locked."
    if document.verdict is Verdict.FAIL and not document.override:
        broken = any(f.verdict is Verdict.FAIL for f in document.findings)
        cause = "rules fail" if broken else "here what is not known fails"
        return (
            f"Nothing was fetched: {cause}. Change the requirements, or give the same command with --override REASON, "
            f"which is written into the lock."
        )
    return "A dry run: nothing was fetched and nothing is locked."


def table(document: Pulled, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return what is pulled, from where, its files, and what stands against it."""
    lines = [paragraph(value, width, " " * 12, f"{name:<10}  ") for name, value in _facts(document)]
    listed = columns_of(_HEADER, _rows(document), width, (2,), whole=(0, 3))
    said = [paragraph(text, width) for text in _sentences(document)]
    return "\n\n".join(["\n".join(lines), listed, *said]) + "\n"


def markdown(document: Pulled, **_: object) -> str:
    """Return the same as a list and a table."""
    lines = [f"- {name}: {escaped(value)}" for name, value in _facts(document)]
    rows = [_HEADER, ["---"] * len(_HEADER), *([escaped(cell) for cell in row] for row in _rows(document))]
    listed = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines, "", *listed, "", *(escaped(text) for text in _sentences(document))]) + "\n"


def csv(document: Pulled, **_: object) -> str:
    """Return a row a file."""
    header = ["model", "repository", "revision", "file", "role", "size_bytes", "sha256", "present", "stored"]
    rows = [
        [document.model, f.repository, f.revision, f.path, f.role, f.size_bytes, f.sha256, f.present, f.stored]
        for f in document.files
    ]
    return rows_as_csv([header, *rows])
