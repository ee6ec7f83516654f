"""The memory plan of llama.cpp itself, from headers alone: sparse files, a confined child process, a limit of time.

How well the plans agree with the formulas: docs/memory.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor.engine.child import Child, Leash
from advisor.engine.diagnosis import first_cause
from advisor.engine.interface import EngineFailure
from advisor.errors import ExternalError
from advisor.gguf.header import Header
from advisor.gguf.source import HeaderSource

KV_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "iq4_nl": 20, "bf16": 30}
"""Types of a cache that llama.cpp offers, with ggml's numbers."""
SECONDS = 20.0
"""How long the engine may think; the largest vocabulary takes it 1.5 s."""
MIB = 1024**2
INSTALL = "pip install 'local-model-advisor[engine]'"
_PROGRAM = Path(__file__).with_name("planner.py")


class EngineMissingError(ExternalError):
    """The engine is not installed."""


class PlanError(ExternalError):
    """The engine refused the header, crashed or took too long; the message says which."""


class Part(NamedTuple):
    """One file of a model; the first part comes first."""

    source: HeaderSource
    header: Header


class EnginePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What llama.cpp plans, in bytes; sizes but the weights' are rounded to the 0.01 MiB that it prints."""

    weights_bytes: int
    kv_cache_bytes: int
    state_bytes: int
    compute_bytes: int
    """Compute and output buffers of all devices."""
    parameters: int
    offloaded_layers: int | None
    can_offload: bool
    """Whether the installed build knows any device to offload to."""
    version: str
    """Version of llama-cpp-python."""


class _Answer(msgspec.Struct):
    """What the child answers."""

    kv_cache_mib: float
    state_mib: float
    compute_mib: float
    output_mib: float
    weights_bytes: int
    parameters: int
    can_offload: bool
    version: str
    offloaded_layers: int | None = None


def installed() -> bool:
    """Say whether there is an engine to ask."""
    return find_spec("llama_cpp") is not None


def plan(
    parts: Sequence[Part],
    context: int,
    sequences: int = 1,
    kv_type: str = "f16",
    offload: int = 0,
    unified: bool = False,
    seconds: float = SECONDS,
) -> EnginePlan:
    """Ask llama.cpp what a model needs for `sequences` users with `context` tokens each.

    `offload` is the number of layers for a GPU (-1: all). Headers must have been read without a failure: native
    code sees only what was checked, over holes in the place of the weights.

    Raises:
        EngineMissingError: where llama-cpp-python is not installed.
        PlanError: where the engine gives no plan.
    """
    if not installed():
        raise EngineMissingError(f"the engine is not installed; {INSTALL}")
    request = {"context": context, "sequences": sequences, "unified": unified, "kv_type": KV_TYPES[kv_type],
               "offload": offload}  # fmt: skip
    answer = _ask(parts, request, seconds)
    return EnginePlan(
        weights_bytes=answer.weights_bytes,
        kv_cache_bytes=round(answer.kv_cache_mib * MIB),
        state_bytes=round(answer.state_mib * MIB),
        compute_bytes=round((answer.compute_mib + answer.output_mib) * MIB),
        parameters=answer.parameters,
        offloaded_layers=answer.offloaded_layers,
        can_offload=answer.can_offload,
        version=answer.version,
    )


def _write_sparse(parts: Sequence[Part], folder: Path) -> Path:
    """Write each header, and a hole where its weights would be; return the first file."""
    paths = []
    for number, part in enumerate(parts, 1):
        name = f"model-{number:05}-of-{len(parts):05}.gguf" if len(parts) > 1 else "model.gguf"
        paths.append(folder / name)
        with paths[-1].open("wb") as file:
            for block in _blocks(part):
                file.write(block)
            file.truncate(part.header.size)
    return paths[0]


def _blocks(part: Part) -> Iterator[bytes]:
    at, end = 0, min(part.header.data_offset, part.header.size)
    while at < end:
        block = part.source.read(at, min(MIB, end - at))
        if not block:
            raise PlanError("the file has become shorter while it was read")
        yield block
        at += len(block)


def _ask(parts: Sequence[Part], request: dict[str, Any], seconds: float) -> _Answer:
    """Run the child and read its answer; whatever it does, it is gone afterwards."""
    try:
        child = Child([sys.executable, "-P", str(_PROGRAM)], Leash(cpu_seconds=int(seconds) + 1))
    except EngineFailure as failure:
        raise PlanError(failure.diagnosis.message) from None
    try:
        child.send({**request, "file": str(_write_sparse(parts, child.folder))})
        told, log = child.receive(seconds), child.log_end()
    except OSError as error:
        raise PlanError(f"no file with a hole can be written in {child.folder}: {error.strerror}") from None
    except EngineFailure as failure:
        raise PlanError(failure.diagnosis.message) from None
    finally:
        child.end()
    if isinstance(told, dict) and "refused" in told:
        raise PlanError(f"the engine refused it: {first_cause(log) or told['refused']}")
    try:
        return msgspec.convert(told, _Answer)
    except msgspec.ValidationError as error:
        raise PlanError(f"the engine's answer cannot be read: {error}") from None
