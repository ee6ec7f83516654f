"""An export or an import as text for people, as Markdown and as CSV."""

from __future__ import annotations

from advisor.hub.manifest import Exported, Imported
from advisor.needs.units import format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import escaped, rows_as_csv

Carried = Exported | Imported


def _lines(document: Carried) -> list[str]:
    if isinstance(document, Exported):
        return [
            f"{document.bundle}: {format_size(document.size_bytes)}, {len(document.models)} models in "
            f"{document.files} files, {document.records} records.",
            f"Manifest sha256: {document.manifest_sha256}",
            "Carry that hash on another way, and import with: "
            f"advisor bundle import {document.bundle} --expect {document.manifest_sha256}",
        ]
    state = "verified; nothing was moved (dry run)" if document.dry_run else f"imported into {document.lock}"
    lines = [f"{document.bundle}: {state}."]
    lines += [f"{m.model} ({m.repository}, {m.quantization}, {format_size(m.size_bytes)})" for m in document.models]
    if document.records:
        lines.append(f"{len(document.records)} records, the first is {document.records[0]}.")
    if not document.manifest_checked:
        lines.append(
            f"Its manifest (sha256 {document.manifest_sha256}) was compared with nothing: --expect SHA256 holds it "
            f"against the hash that the export printed."
        )
    return lines


def table(document: Carried, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return what was carried, and what holds it together."""
    return "\n".join(paragraph(line, width) for line in _lines(document)) + "\n"


def markdown(document: Carried, **_: object) -> str:
    """Return the same as a list."""
    return "\n".join(f"- {escaped(line)}" for line in _lines(document)) + "\n"


def csv(document: Carried, **_: object) -> str:
    """Return a row a model."""
    if isinstance(document, Exported):
        rows = [[model, document.bundle, document.manifest_sha256] for model in document.models]
        return rows_as_csv([["model", "bundle", "manifest_sha256"], *rows])
    imported = [[m.model, m.repository, m.revision, m.quantization, path] for m in document.models for path in m.files]
    return rows_as_csv([["model", "repository", "revision", "quantization", "file"], *imported])
