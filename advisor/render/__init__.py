"""One module a format: a document in, text out. Formats are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

FORMATS = ("table", "json", "markdown", "csv")
VERDICT_FORMATS = (*FORMATS, "sarif")
"""Formats of documents that hold verdicts on models."""
_ONE_FOR_ALL = {"json": "as_json", "sarif": "sarif"}
"""Modules that render every kind of document, by format."""


def renderer(document: str, format_name: str) -> Callable[..., str]:
    """Return the function that renders a kind of document (`recommendation`, `explanation` …) in a format."""
    module = import_module(f"advisor.render.{_ONE_FOR_ALL.get(format_name, document)}")
    function: Callable[..., Any] = getattr(module, "encode" if format_name in _ONE_FOR_ALL else format_name)
    return function
