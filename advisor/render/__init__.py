"""One module a format: a document in, text out. Formats are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

FORMATS = ("table", "json", "markdown", "csv")


def renderer(document: str, format_name: str) -> Callable[..., str]:
    """Return the function that renders a kind of document (`recommendation`, `explanation` …) in a format."""
    module = import_module(f"advisor.render.{'as_json' if format_name == 'json' else document}")
    function: Callable[..., Any] = getattr(module, format_name if format_name != "json" else "encode")
    return function
