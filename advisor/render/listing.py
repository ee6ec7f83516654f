"""The list of models as a table, Markdown and CSV."""

from __future__ import annotations

from advisor.listing import ListedModel, Listing
from advisor.needs.units import format_count
from advisor.render.columns import WIDTH_WITHOUT_TERMINAL
from advisor.render.columns import table as columns_of
from advisor.render.markup import escaped, rows_as_csv

_HEADER = ["id", "size", "licence", "country", "context", "languages", "artifacts", "articles"]

_SHORT = [{"country": "from", "languages": "langs"}.get(name, name) for name in _HEADER]
"""The same for a table, where identifiers and figures have to stand whole."""


def _row(model: ListedModel) -> list[str]:
    licence = (
        (model.license or "unknown").removeprefix("LicenseRef-").removeprefix("scancode-").removeprefix("advisor-")
    )
    return [
        model.id,
        format_count(model.parameters_total) if model.parameters_total else "",
        licence if model.open_weights else "closed",
        model.country or "",
        f"{model.context_length:,}" if model.context_length else "",
        str(len(model.languages) or ""),
        str(len(model.artifacts) or ""),
        str(len(model.articles) or ""),
    ]


def table(document: Listing, width: int = WIDTH_WITHOUT_TERMINAL, **_: object) -> str:
    """Return one line a model; narrow terminals lose the last columns."""
    rows = [_row(model) for model in document.models]
    longest = max((len(row[0]) for row in rows), default=0)
    keep = next((count for count, room in ((8, 64), (6, 43), (4, 25)) if longest + room <= width), 3)
    right = (1, 4, 5, 6, 7)[: max(keep - 3, 1)]
    text = columns_of(_SHORT[:keep], [row[:keep] for row in rows], width, right, whole=(0, 1, 4))
    return f"{text}\n\n{len(rows)} models, catalog as of {document.as_of}\n"


def markdown(document: Listing, **_: object) -> str:
    """Return a Markdown table."""
    rows = [_HEADER, ["---"] * len(_HEADER), *(map(escaped, _row(model)) for model in document.models)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


_PLAIN = (
    "id", "name", "family", "provider", "country", "license", "open_weights", "parameters_total", "parameters_active",
    "context_length", "languages", "tasks", "released", "gated", "base_models", "articles",
)  # fmt: skip


def csv(document: Listing, **_: object) -> str:
    """Return one row a model with plain figures; lists are joined by blanks."""
    rows = [[_joined(getattr(model, name)) for name in _PLAIN] for model in document.models]
    return rows_as_csv([_PLAIN, *rows])


def _joined(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(value) if isinstance(value, list) else value
