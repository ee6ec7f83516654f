"""Requirements as one would type them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import msgspec

from advisor.needs.schema import DEFAULT_CONTEXT, DEFAULT_MIN_QUANT, Requirements

_DEFAULTS = {
    "schema": None, "task": ("chat",), "use": "internal", "context": DEFAULT_CONTEXT, "concurrency": 1,
    "min_quant": DEFAULT_MIN_QUANT,
}  # fmt: skip
_SIZES = ("ram", "vram")


def as_options(requirements: Requirements) -> str:
    """Return the options that give these requirements, defaults left out, ready for a shell."""
    return "".join(f" {option}" for option in _options(requirements))


def _options(requirements: Requirements) -> Iterator[str]:
    for field in msgspec.structs.fields(Requirements):
        value = getattr(requirements, field.name)
        option = "--" + field.name.replace("_", "-")
        if field.name == "schema" or value == _DEFAULTS.get(field.name, field.default) or value in ((), {}, False):
            continue
        if value is True:
            yield option
        elif isinstance(value, tuple):
            yield from (f"{option} {shlex.quote(str(item))}" for item in value)
        elif isinstance(value, dict):
            yield from (f"{option} {name}={number:g}" for name, number in value.items())
        else:
            yield f"{option} {shlex.quote(_size(value) if field.name in _SIZES else str(value))}"


def _size(size: Any) -> str:
    """Return bytes with the unit in which they are a whole number."""
    for unit, factor in (("GiB", 1024**3), ("GB", 10**9), ("MiB", 1024**2), ("MB", 10**6)):
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size / 1000:g}kB"
