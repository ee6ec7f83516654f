"""Any document as JSON: keys in the order of its schema, two spaces, a newline at the end."""

from __future__ import annotations

from typing import Any

import msgspec


def encode(document: Any, **_: Any) -> str:
    """Return the document as text; equal documents give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
