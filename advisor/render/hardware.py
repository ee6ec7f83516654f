"""A hardware report as text, Markdown and CSV."""

from __future__ import annotations

from advisor.hardware.report import HardwareReport
from advisor.needs.units import format_size
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv

NARROW = 60
"""Below this many cells each row takes two lines."""


def _facts(document: HardwareReport) -> list[tuple[str, str]]:
    machine = document.machine
    facts = [("machine", f"{machine.name} ({machine.basis})"), ("system", machine.os or "unknown"),
             ("processor", machine.cpu_name or "unknown"), ("threads", str(machine.cpu_threads or "unknown")),
             ("memory", format_size(machine.ram_bytes) if machine.ram_bytes else "unknown")]  # fmt: skip
    facts += [
        ("GPU", f"{g.name}, {format_size(g.vram_bytes) if g.vram_bytes else 'memory unknown'}") for g in machine.gpus
    ]
    for place in document.places:
        speed = f"{place.bandwidth / 1e9:.0f} GB/s ({place.basis})"
        facts.append((f"budget, {place.placement}", f"{format_size(place.budget_bytes)} for a model, {speed}"))
    if document.holders is not None and document.places:
        here = document.here
        told = f"yes, as {here.quantization}: {format_size(here.total_bytes)}, {_rate(here)}" if here else "no"
        facts.append(("holds it", told))
    if document.measurement:
        m = document.measurement
        facts.append(("measured", f"{m.bytes_per_second / 1e9:.1f} GB/s, median of {m.runs} runs "
                      f"({m.low / 1e9:.1f} to {m.high / 1e9:.1f}); {m.method}"))  # fmt: skip
    return facts


def _rows(document: HardwareReport) -> tuple[list[str], list[list[str]]]:
    if document.holders is not None:
        header = ["profile", "memory", "quant", "needs", "speed"]
        return header, [
            [
                h.profile,
                format_size(h.memory_bytes),
                h.held.quantization,
                format_size(h.held.total_bytes),
                _rate(h.held),
            ]
            for h in document.holders
        ]
    header = ["largest models that fit", "quant", "needs", "speed"]
    return header, [[h.model, h.quantization, format_size(h.total_bytes), _rate(h)] for h in document.largest]


def _nothing(document: HardwareReport) -> str:
    if document.places:
        return "Nothing of the catalog fits."
    return "What fits is not known: say what the machine has, with --hardware, --ram or --vram."


def _nobody(document: HardwareReport) -> str:
    return "No profile of the catalog holds it" + (f": {document.reason}." if document.reason else ".")


def _rate(held: object) -> str:
    rate = getattr(held, "decode_tokens_per_second", None)
    return f"{rate:.1f} tok/s" if rate else "unknown"


def table(document: HardwareReport, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return the machine's facts, its budgets, and what fits."""
    lines = [paragraph(value, width, " " * 16, f"{name:<14}  ") for name, value in _facts(document)]
    lines += [paragraph(note, width, "  ", "note: ") for note in document.machine.notes]
    header, rows = _rows(document)
    users = f", {document.concurrency} users" if document.concurrency > 1 else ""
    if rows and width < NARROW:
        told = "\n".join(f"{row[0]}\n{paragraph(' · '.join(row[1:]), width, '    ')}" for row in rows)
    elif rows:
        told = columns_of(header, rows, width, tuple(range(len(header) - 2, len(header))), whole=(0,))
    else:
        told = paragraph(_nothing(document) if document.holders is None else _nobody(document), width)
    return "\n".join(lines) + f"\n\n{told}\n\nFor {document.context:,} tokens of context{users}.\n"


def markdown(document: HardwareReport, **_: object) -> str:
    """Return the same as a list and a table."""
    header, rows = _rows(document)
    lines = [f"- {name}: {escaped(value)}" for name, value in _facts(document)]
    table_lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
    return "\n".join([*lines, "", *table_lines]) + "\n"


def csv(document: HardwareReport, **_: object) -> str:
    """Return what fits, or the profiles that hold the model."""
    header, rows = _rows(document)
    return rows_as_csv([header, *rows])
