"""Any document as JSON: keys in the order of its schema, two spaces, a newline at the end."""

from __future__ import annotations

from typing import Any

import msgspec


def encode(document: Any, **_: Any) -> str:
    """Return the document as text; equal documents give equal bytes."""
    try:
        content = msgspec.json.encode(document)
    except UnicodeEncodeError:  # the name of a file need not be text, and JSON is
        content = msgspec.json.encode(_as_text(msgspec.to_builtins(document)))
    return msgspec.json.format(content, indent=2).decode() + "\n"


def _as_text(data: Any) -> Any:
    """Return plain data in which what is no Unicode is replaced."""
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, dict):
        return {_as_text(key): _as_text(value) for key, value in data.items()}
    return [_as_text(item) for item in data] if isinstance(data, (list, tuple)) else data
