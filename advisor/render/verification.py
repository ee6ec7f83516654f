"""A verification as text for people, as Markdown and as CSV."""

from __future__ import annotations

from advisor.hub.verify import CheckedFile, Verification
from advisor.needs.units import counted
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import escaped, rows_as_csv


def _headline(document: Verification) -> str:
    bad = sum(file.status not in ("ok", "extra") for file in document.files)
    extra = sum(file.status == "extra" for file in document.files)
    good = sum(file.status == "ok" for file in document.files)
    counts = f"{counted(good, 'file')} right, {bad} wrong, {extra} extra"
    signature = "; its signature is valid" if document.signature else ""
    answer = "Verified" if document.verdict == "pass" else "NOT verified"
    return f"{answer}: {counts}, for {counted(document.models, 'model')} of {document.lock}{signature}."


def _line(file: CheckedFile) -> str:
    return f"{file.path}" + (f": {file.reason}" if file.reason else "")


def table(document: Verification, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return the verdict and a line a file, the wrong ones first."""
    files = sorted(document.files, key=lambda f: f.status == "ok")
    lines = [paragraph(_line(f), width, " " * 12, f"{f.status:<10}  ") for f in files]
    notes = [paragraph(f"Note: {note}.", width) for note in document.notes]
    return "\n".join([paragraph(_headline(document), width), "", *lines, *notes]) + "\n"


def markdown(document: Verification, **_: object) -> str:
    """Return the same as a table."""
    rows = [
        f"| {f.status} | {escaped(f.model)} | {escaped(f.path)} | {escaped(f.reason or '')} |" for f in document.files
    ]
    head = ["| status | model | file | why |", "| --- | --- | --- | --- |"]
    return "\n".join([escaped(_headline(document)), "", *head, *rows]) + "\n"


def csv(document: Verification, **_: object) -> str:
    """Return a row a file."""
    header = ["status", "model", "path", "size_bytes", "sha256", "found_size_bytes", "found_sha256", "reason"]
    rows = [
        [f.status, f.model, f.path, f.size_bytes, f.sha256, f.found_size_bytes, f.found_sha256, f.reason]
        for f in document.files
    ]
    return rows_as_csv([header, *rows])
