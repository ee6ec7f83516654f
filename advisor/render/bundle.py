"""An export or an import as text for people, as Markdown and as CSV."""

from __future__ import annotations

import shlex
from pathlib import Path

from advisor.hub.manifest import RECORDS, Exported, Imported
from advisor.needs.units import counted, format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import escaped, rows_as_csv

Carried = Exported | Imported
COMMAND = "  advisor bundle import"
"""Begins a line that is to be copied, and so is not wrapped."""


def _lines(document: Carried) -> list[str]:
    if isinstance(document, Exported):
        return [
            f"{document.bundle}: {format_size(document.size_bytes)}, {counted(len(document.models), 'model')} in "
            f"{counted(document.files, 'file')}, {counted(document.records, 'record')}.",
            f"Manifest sha256: {document.manifest_sha256}",
            "Carry that hash on another way, and import with:",
            f"{COMMAND} {shlex.quote(document.bundle)} --expect {document.manifest_sha256}",
        ]
    state = "verified; nothing was moved (dry run)" if document.dry_run else f"imported into {document.lock}"
    lines = [f"{document.bundle}: {state}."]
    lines += [f"{m.model} ({m.repository}, {m.quantization}, {format_size(m.size_bytes)})" for m in document.models]
    if document.records:
        folder = _folder(document.records[0])
        slice_there = any(Path(record).is_relative_to(folder / "catalog") for record in document.records)
        use = f"; of the catalog: --catalog {shlex.quote(str(folder / 'catalog'))}" if slice_there else ""
        lines.append(f"{counted(len(document.records), 'record')} in {folder}{use}.")
    if not document.manifest_checked:
        lines.append(
            f"Its manifest (sha256 {document.manifest_sha256}) was compared with nothing: --expect SHA256 holds it "
            f"against the hash that the export printed."
        )
    return lines


def _folder(record: str) -> Path:
    """Return the folder of the bundle's records, of which this is one."""
    return next(place for place in Path(record).parents if place.parent.name == RECORDS)


def table(document: Carried, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return what was carried, and what holds it together."""
    lines = (line if line.startswith(COMMAND) else paragraph(line, width) for line in _lines(document))
    return "\n".join(lines) + "\n"


def markdown(document: Carried, **_: object) -> str:
    """Return the same as a list."""
    return "\n".join(f"- {escaped(line.strip())}" for line in _lines(document)) + "\n"


def csv(document: Carried, **_: object) -> str:
    """Return a row a model."""
    if isinstance(document, Exported):
        rows = [[model, document.bundle, document.manifest_sha256] for model in document.models]
        return rows_as_csv([["model", "bundle", "manifest_sha256"], *rows])
    imported = [[m.model, m.repository, m.revision, m.quantization, path] for m in document.models for path in m.files]
    return rows_as_csv([["model", "repository", "revision", "quantization", "file"], *imported])
