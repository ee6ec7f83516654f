"""Requirements as one would type them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import msgspec

from advisor.needs.schema import DEFAULT_CONTEXT, DEFAULT_MIN_QUANT, Requirements
from advisor.needs.units import size_text

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
            yield from (f"{option} {name}={number!r}" for name, number in value.items())
        else:
            yield f"{option} {shlex.quote(size_text(value) if field.name in _SIZES else str(value))}"
