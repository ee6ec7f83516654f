"""The memory plan of llama.cpp itself, from headers alone: sparse files, a child process, a limit of time.

How well the plans agree with the formulas: docs/memory.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

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
_CAUSE = re.compile(r"error|GGML_ASSERT|failed|requires|must be", re.IGNORECASE)
_FOLDER = re.compile(r"\S*[\\/](?=[\w.-]+:\d+: )")
"""Where the engine was built, which is nobody's business."""
_KEPT = (
    "PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR",
    "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
)  # fmt: skip
"""What the child inherits of the environment: no token and no proxy."""


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
    """What the child prints."""

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
    import tempfile

    with tempfile.TemporaryDirectory(prefix="advisor-plan-") as folder:
        try:
            first = _write_sparse(parts, Path(folder))
        except OSError as error:
            raise PlanError(f"no file with a hole can be written in {folder}: {error.strerror}") from None
        request = {"file": str(first), "context": context, "sequences": sequences, "unified": unified,
                   "kv_type": KV_TYPES[kv_type], "offload": offload}  # fmt: skip
        answer = _ask(msgspec.json.encode(request).decode(), folder, seconds)
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


def _ask(request: str, folder: str, seconds: float) -> _Answer:
    """Run the child and read its answer; whatever it does, it is gone afterwards."""
    import subprocess
    import sys

    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with open(Path(folder, "log"), "w+b") as log:
        child = subprocess.Popen(
            [sys.executable, "-P", str(_PROGRAM), request],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        try:
            answer, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise PlanError(f"the engine gave no plan within {seconds:g} s") from None
        finally:
            if child.poll() is None:
                child.kill()
                child.communicate()
        if child.returncode != 0:
            raise PlanError(_reason(child.returncode, log))
    try:
        return msgspec.json.decode(answer, type=_Answer)
    except msgspec.MsgspecError as error:
        raise PlanError(f"the engine's answer cannot be read: {error}") from None


def _reason(code: int, log: IO[bytes]) -> str:
    """Say how the child ended, with the first line that sounds like a cause."""
    log.seek(max(log.seek(0, os.SEEK_END) - 65536, 0))
    lines = [line.strip() for line in log.read().decode(errors="replace").splitlines() if line.strip()]
    causes = [line for line in lines if _CAUSE.search(line) and " - kv " not in line]
    said = causes[0] if causes else lines[-1] if lines else "it said nothing"
    how = f"was ended by signal {-code}" if code < 0 else "refused it"
    return f"the engine {how}: {_FOLDER.sub('', said)[:300]}"
