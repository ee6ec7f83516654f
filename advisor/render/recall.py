"""The answer to a recall as text for people, as Markdown and as CSV."""

from __future__ import annotations

from advisor.hub.recall import Recall, Resting
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import escaped, rows_as_csv


def _headline(document: Recall) -> str:
    where = ", ".join(document.folders)
    if not document.found:
        return f"Nothing below {where} rests on {document.sha256} ({document.read} documents read)."
    return f"{len(document.found)} of {document.read} documents below {where} rest on {document.sha256}:"


def _about(found: Resting) -> str:
    return f"{found.kind}" + (f", {found.about}" if found.about else "")


def table(document: Recall, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return every document that rests on the file, with the places in it."""
    lines = [paragraph(_headline(document), width)]
    lines += [
        paragraph(f"{found.file} ({_about(found)}): {', '.join(found.places)}", width, "    ", "  ")
        for found in document.found
    ]
    lines += [paragraph(f"NOT read, so not known: {path}", width, "    ") for path in document.unread]
    return "\n".join(lines) + "\n"


def markdown(document: Recall, **_: object) -> str:
    """Return the same as a table."""
    rows = [
        f"| {escaped(f.file)} | {escaped(f.kind)} | {escaped(f.about or '')} | {escaped(', '.join(f.places))} |"
        for f in document.found
    ]
    head = ["| file | kind | about | places |", "| --- | --- | --- | --- |"]
    unread = [f"- not read: {escaped(path)}" for path in document.unread]
    return "\n".join([escaped(_headline(document)), "", *head, *rows, *unread]) + "\n"


def csv(document: Recall, **_: object) -> str:
    """Return a row a document."""
    rows = [[f.file, f.kind, f.about, " ".join(f.places)] for f in document.found]
    return rows_as_csv(
        [["file", "kind", "about", "places"], *rows, *([p, "unread", None, None] for p in document.unread)]
    )
