"""One record of the catalog as indented text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.render.columns import WIDTH_WITHOUT_TERMINAL, paragraph
from advisor.render.markup import rows_as_csv
from advisor.shown import Shown


def table(document: Shown, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return every fact on a line of its own, sources under the facts they carry."""
    lines = [f"{document.kind}: {document.id}"]
    for key, value in document.record.items():
        layer = document.layers.get(key)
        lines += [*_lines(key, value, "  ", width), *([f"    (from {layer})"] if layer else [])]
    told = [f"{e.kind} {e.id}: {e.score:g} ({e.date})" for e in document.evidence]
    lines += [paragraph(text, width, "    ", "  ") for text in told]
    if document.articles:
        lines.append(paragraph(f"named in the articles at {', '.join(document.articles)}", width, "    ", "  "))
    return "\n".join(lines) + "\n"


def _lines(key: str, value: Any, indent: str, width: int) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"{indent}{key}:"
        for name, inner in value.items():
            yield from _lines(str(name), inner, indent + "  ", width)
    elif isinstance(value, (list, tuple)) and any(isinstance(item, dict) for item in value):
        yield f"{indent}{key}:"
        for item in value:
            told = ", ".join(f"{k} {_plain(v)}" for k, v in item.items())
            yield paragraph(told, width, indent + "    ", indent + "  - ")
    else:
        yield paragraph(f"{key}: {_plain(value)}", width, indent + "    ", indent)


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return "(" + ", ".join(f"{k} {_plain(v)}" for k, v in value.items()) + ")"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:,}" if isinstance(value, int) else str(value)


def markdown(document: Shown, **_: object) -> str:
    """Return the text as a code block."""
    return f"```\n{table(document)}```\n"


def csv(document: Shown, **_: object) -> str:
    """Return each top-level fact as a row, with the family or overlay that states it."""
    rows = [[key, _plain(value), document.layers.get(key, "")] for key, value in document.record.items()]
    return rows_as_csv([["key", "value", "from"], *rows])
