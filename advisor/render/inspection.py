"""An inspection as text, Markdown and CSV. Whatever comes out of a file is shown without control characters."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gguf.examination import Verdict
from advisor.gguf.problem import Problem
from advisor.inspection import InspectedMemory, Inspection
from advisor.needs.units import format_count, format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import escaped, rows_as_csv

SAID: dict[Verdict, str] = {
    "pass": "pass: nothing is wrong with the header",
    "warn": "warn: it can be loaded, but look at what follows",
    "fail": "fail: do not load it",
}
_NAME = 16


def printable(text: str) -> str:
    """Return text out of a file without characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "�" for c in text)


def _facts(document: Inspection) -> Iterator[tuple[str, str]]:
    """Yield names and values of what is known, in the order of the document."""
    where = f"{document.repository} at {document.revision}, " if document.repository else ""
    yield "file", f"{where}{document.file}, {format_size(document.size_bytes)}"
    yield "verdict", SAID[document.verdict]
    if document.match:
        yield "model", f"{document.match.model} ({document.match.how})"
    yield from ((name, str(value)) for name, value in _stated(document) if value)
    if document.memory:
        yield "memory", _memory(document.memory)
    template = document.chat_template
    if template.present:
        findings = len(template.findings)
        told = f"{findings} finding{'s' if findings > 1 else ''}" if findings else "nothing found"
        yield "chat template", f"{told}; sha256 {template.sha256 or 'of no default template'}"
    elif document.format.complete:
        yield "chat template", "none"


def _stated(document: Inspection) -> list[tuple[str, object]]:
    count, length, form = document.parameters, document.context_length, document.format
    return [
        ("sha256", document.sha256),
        ("architecture", document.architecture),
        ("parameters", f"{format_count(count)} ({count:,})" if count else None),
        ("quantization", document.quantization),
        ("context length", f"{length:,} tokens" if length else None),
        ("licence", document.license),
        ("languages", " ".join(document.languages)),
        ("header", f"GGUF version {form.version}, {form.keys} keys, {form.tensors:,} tensors, "
                   f"{form.header_bytes:,} bytes" if form.version else None),
        ("parts", f"{len(document.files)} files" if document.files else None),
    ]  # fmt: skip


def _memory(memory: InspectedMemory) -> str:
    parts = [
        f"{name} {format_size(size)}"
        for name, size in (
            ("weights", memory.weights_bytes),
            ("KV cache", memory.kv_cache_bytes),
            ("state", memory.state_bytes),
            ("buffers", memory.compute_bytes),
        )
        if size
    ]
    users = f", {memory.concurrency} users" if memory.concurrency > 1 else ""
    by = f"planned by {memory.engine}" if memory.engine else "computed"
    asked = f"{memory.context:,} tokens{users}, cache in {memory.kv_type}"
    layers = f", {memory.offloaded_layers} layers on the GPU" if memory.offloaded_layers else ""
    return f"{format_size(memory.total_bytes)} ({by}): {', '.join(parts)}; {asked}{layers}"


def _findings(document: Inspection) -> Iterator[tuple[str, str, str]]:
    """Yield severity, code and words of all problems and template findings, failures first."""
    rows = [(p.severity, p.code, p.message + _place(p)) for p in document.problems]
    rows += [
        (
            f.severity,
            f"template/{f.rule}",
            f"{f.message}{f' (line {f.line})' if f.line else ''}{f' in {f.template}' if f.template else ''}",
        )
        for f in document.chat_template.findings
    ]
    yield from sorted(rows, key=lambda row: row[0] != "fail")


def _place(problem: Problem) -> str:
    """Say where a problem lies; the first byte stands for the whole file."""
    if not problem.offset:
        return f" ({problem.file})" if problem.file and problem.file not in problem.message else ""
    return f" (byte {problem.offset:,}{f' of {problem.file}' if problem.file else ''})"


def _notes(document: Inspection) -> Iterator[str]:
    yield from document.notes
    agreed = [claim.field for claim in document.claims if claim.agrees]
    if document.match:
        yield (
            f"Agrees with the catalog in: {', '.join(agreed)}."
            if agreed
            else "Nothing that the catalog knows agrees with the file."
        )
    elif document.format.complete:
        yield "Not compared with the catalog: nothing says which model it is; name it with --model."
    opinion = document.chat_template.second_opinion
    if opinion:
        tool = " ".join(filter(None, (opinion.tool, opinion.version)))
        yield f"{tool} on the template: {'; '.join(opinion.findings) or 'nothing found'}."


def table(document: Inspection, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return facts, one a line, then findings, then notes."""
    lines = [
        paragraph(printable(value), width, " " * _NAME, f"{name:<{_NAME - 2}}  ") for name, value in _facts(document)
    ]
    findings = [
        paragraph(printable(message), width, "      ", f"{severity}  {printable(code)}: ")
        for severity, code, message in _findings(document)
    ]
    notes = [paragraph(printable(note), width) for note in _notes(document)]
    return "\n\n".join("\n".join(block) for block in (lines, findings, notes) if block) + "\n"


def markdown(document: Inspection, **_: object) -> str:
    """Return facts as a list, findings as a table, notes as paragraphs."""
    lines = [f"- {name}: {escaped(printable(value))}" for name, value in _facts(document)]
    rows = [[escaped(printable(cell)) for cell in row] for row in _findings(document)]
    if rows:
        header = [["severity", "code", "finding"], ["---"] * 3]
        lines += ["", *("| " + " | ".join(row) + " |" for row in (*header, *rows))]
    notes = [escaped(printable(note)) for note in _notes(document)]
    return "\n\n".join(["\n".join(lines), *notes]) + "\n"


def csv(document: Inspection, **_: object) -> str:
    """Return the findings as rows; one row with the verdict where there are none."""
    first: tuple[object, ...] = (document.file, document.verdict)
    rows = [(*first, *map(printable, row)) for row in _findings(document)] or [(*first, None, None, None)]
    return rows_as_csv([["file", "verdict", "severity", "code", "finding"], *rows])
