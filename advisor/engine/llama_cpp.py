"""llama-cpp-python in a child process: the engine that needs no server (extra `engine`)."""

from __future__ import annotations

import contextlib
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from advisor.catalog.schema import Record
from advisor.engine.child import Child, Leash
from advisor.engine.diagnosis import FILE_OR_BUILD, fault, less_memory, out_of_memory
from advisor.engine.interface import EngineFacts, EngineFailure, Question, RefusedError, Reply, Usage

INSTALL = "pip install 'local-model-advisor[engine]'"
_PROGRAM = Path(__file__).with_name("llama_cpp_program.py")
COUNT_SECONDS = 60.0


class Settings(Record, frozen=True, kw_only=True):
    """How a model file is run; `max_memory` is bytes of address space, `seconds` the time of the whole run."""

    file: str
    context: int
    threads: int
    gpu_layers: int = 0
    seed: int = 1
    max_memory: int | None = None
    seconds: float = 600.0


def installed() -> bool:
    """Say whether llama-cpp-python is there."""
    return find_spec("llama_cpp") is not None


class LlamaCpp:
    """One model file in llama-cpp-python."""

    def __init__(self, settings: Settings, program: Path = _PROGRAM) -> None:
        self.settings = settings
        self.extra_buffers = True
        self._program = program
        self._child: Child | None = None
        self._usage = Usage()
        self._isolation: dict[str, Any] = {}

    @property
    def isolation(self) -> dict[str, Any]:
        """See `Engine`."""
        return self._isolation

    @property
    def usage(self) -> Usage:
        """See `Engine`."""
        return self._usage

    def open(self, seconds: float) -> EngineFacts:
        """See `Engine`. An illegal instruction is met once, by leaving repacked weights (AMX) away."""
        try:
            return self._open(seconds)
        except EngineFailure as failure:
            if failure.diagnosis.code != "illegal-instruction" or not self.extra_buffers:
                raise
        self.extra_buffers = False
        return self._open(seconds)

    def _open(self, seconds: float) -> EngineFacts:
        self.close()
        asked = self.settings
        self._child = Child([sys.executable, "-P", str(self._program)], self._leash())
        order = {"do": "open", "file": asked.file, "context": asked.context, "threads": asked.threads,
                 "gpu_layers": asked.gpu_layers, "seed": asked.seed, "extra_buffers": self.extra_buffers}  # fmt: skip
        try:
            told = self._exchange(order, seconds)["facts"]
            return msgspec.convert({"name": "llama-cpp-python", **told}, EngineFacts)
        except RefusedError as error:
            log = self._child.log_end() if self._child else ""
            self.close()
            raise _not_loaded(log, str(error)) from None
        except (KeyError, msgspec.ValidationError) as error:
            self.close()
            raise fault(
                "garbage", f"the engine answered something that is not an answer ({error})", FILE_OR_BUILD
            ) from None

    def ask(self, question: Question, seconds: float) -> Reply:
        """See `Engine`."""
        told = self._exchange({"do": "ask", **msgspec.structs.asdict(question)}, seconds)
        reply: Reply = self._converted(told, "reply", Reply)
        return reply

    def count(self, text: str) -> int | None:
        """See `Engine`."""
        counted: int = self._converted(self._exchange({"do": "count", "text": text}, COUNT_SECONDS), "count", int)
        return counted

    def close(self) -> None:
        """See `Engine`."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _exchange(self, order: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send one line and wait for one.

        Raises:
            RefusedError: where the engine says no and lives on.
            EngineFailure: where it does not live on; it is closed by then.
        """
        if self._child is None:
            raise fault("closed", "the engine is not running")
        self._child.send(order)
        try:
            told = self._child.receive(seconds)
        except (EngineFailure, KeyboardInterrupt):
            self._note()
            self.close()
            raise
        self._note()
        if not isinstance(told, dict):
            self.close()
            raise fault("garbage", "the engine answered something that is not an answer", FILE_OR_BUILD)
        peak = told.get("peak_rss_bytes")
        if isinstance(peak, int):
            self._usage = Usage(peak_rss_bytes=max(peak, self._usage.peak_rss_bytes or 0))
        if "refused" in told:
            raise RefusedError(str(told["refused"])[:500])
        return told

    def _converted(self, told: dict[str, Any], key: str, kind: Any) -> Any:
        with contextlib.suppress(KeyError, msgspec.ValidationError):
            return msgspec.convert(told[key], kind)
        self.close()
        raise fault("garbage", "the engine answered something that is not an answer", FILE_OR_BUILD)

    def _note(self) -> None:
        if self._child is not None:
            self._isolation = {**self._child.isolation(), **self._limits()}

    def _leash(self) -> Leash:
        asked = self.settings
        return Leash(address_space=self._address_space(), cpu_seconds=int(asked.seconds * asked.threads * 1.5) + 60)

    def _address_space(self) -> int | None:
        """Return the limit of address space: what was asked for; else all RAM and the file, which is mapped."""
        if self.settings.max_memory or self.settings.gpu_layers:
            return self.settings.max_memory
        from advisor.hardware.detect import detect

        ram = detect().ram_bytes
        return ram + Path(self.settings.file).stat().st_size if ram else None

    def _limits(self) -> dict[str, Any]:
        leash = self._child.leash if self._child else Leash()
        if leash.address_space:
            return {"address_space_bytes": leash.address_space, "process_group": "own"}
        return {"address_space": "not limited: GPU drivers reserve far more than they use", "process_group": "own"}


def _not_loaded(log: str, error: str) -> EngineFailure:
    """Return why llama.cpp does not load a file: for want of memory, or for what the file is."""
    if out_of_memory(log):
        return fault("memory-limit", f"the engine got no more memory: {_why(log) or error}", less_memory())
    return fault("refused-file", f"llama.cpp does not load the file: {_why(log) or error}", FILE_OR_BUILD)


def _why(log: str) -> str:
    """Return the line in which llama.cpp says why it does not load a file."""
    lines = [line.strip() for line in log.splitlines() if "error" in line.lower() or "invalid" in line.lower()]
    return lines[0][:300] if lines else ""
