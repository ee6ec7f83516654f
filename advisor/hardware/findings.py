"""What the search for one vendor's GPUs returns, and how the output of their tools is read."""

from __future__ import annotations

from typing import Any

import msgspec

from advisor.hardware.probe import Answer
from advisor.hardware.schema import Gpu

MIB = 1 << 20
GIB = 1 << 30


class Found(msgspec.Struct, frozen=True, gc=False):
    """GPUs that can hold a model, whether they share RAM, remarks, and whether a tool answered."""

    gpus: tuple[Gpu, ...] = ()
    unified: bool = False
    notes: tuple[str, ...] = ()
    answered: bool = True


def json_inside(text: str) -> Any:
    """Return the JSON object in `text`, also between warnings; None where there is none."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        return msgspec.json.decode(text[start : end + 1])
    except (msgspec.DecodeError, RecursionError):
        return None


def positive(value: Any) -> int | None:
    """Return a whole number above 0, given as such or as decimal text; None for all else."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:30])
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 60:
        return value
    return None


def text_of(value: Any) -> str | None:
    """Return a text that says something, stripped; None for empty texts, `N/A` and other types."""
    if not isinstance(value, str):
        return None
    plain = " ".join(value.split())
    return None if plain.upper() in ("", "N/A", "[N/A]", "NONE", "UNKNOWN") else plain[:200]


def integrated(gpu: Gpu) -> str:
    """Return the remark for a GPU that only shares the machine's RAM."""
    return f"{gpu.name} is integrated and shares the machine's RAM; it adds no VRAM"


def unknown_size(gpu: Gpu) -> str:
    """Return the remark for a GPU whose memory nothing stated."""
    return f"the VRAM of {gpu.name} is unknown"


def unread(tool: str, answer: Answer) -> Found:
    """Return the finding of a tool that is installed and told nothing usable."""
    problem = answer.problem or "printed nothing that could be read"
    return Found(notes=(f"{tool} {problem}; its GPUs are unknown",), answered=False)
