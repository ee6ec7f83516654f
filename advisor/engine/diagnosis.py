"""From the way a child process ended to words: what happened, and what to do next."""

from __future__ import annotations

import re
import signal
from typing import NamedTuple

from advisor.engine.interface import Diagnosis, EngineFailure

GARBAGE = "garbage"
_OUT_OF_MEMORY = (
    "bad_alloc", "MemoryError", "failed to allocate", "unable to allocate", "Cannot allocate memory", "out of memory",
    "failed to map", "ENOMEM",
)  # fmt: skip
_CAUSES = ("GGML_ASSERT", "error", "Error", "failed", "exception")
_BUILT_IN = re.compile(r"\S*[\\/](?=[\w.-]+:\d+: )")
"""Where the engine was built, which is nobody's business."""
QUOTED = 2000
"""Characters of a log that stand in a result."""
FILE_OR_BUILD = (
    "Check the file with 'advisor inspect --hash' and fetch it again if it differs; "
    "else try a newer build of the engine."
)


class Ending(NamedTuple):
    """How a child ended: its status, why we killed it (if we did), its last words, whether the kernel ran out."""

    status: int
    killed: str | None
    log: str
    oom: bool
    limit: int | None


def fault(code: str, message: str, next_step: str = "", log: str | None = None) -> EngineFailure:
    """Return a failure for which no process had to end."""
    return EngineFailure(Diagnosis(code=code, message=message, next_step=next_step, log=log))


def diagnose(ending: Ending) -> Diagnosis:
    """Say what an ending means."""
    code, message, step = _ours(ending) if ending.killed else _theirs(ending)
    cause = _cause(ending.log)
    told = f"{message}: {cause}" if cause else message
    return Diagnosis(code=code, message=told, next_step=step, log=ending.log[-QUOTED:].strip() or None)


def _ours(ending: Ending) -> tuple[str, str, str]:
    """Return what we ended the child for."""
    why, _, rest = (ending.killed or "").partition(":")
    seconds, _, stubborn = rest.partition(":")
    also = ", ignored the request to end and had to be killed" if "stubborn" in (seconds, stubborn) else ""
    if why == "hang":
        step = "Give it more time with --timeout, or less to do with --context; if it hangs again, try another build."
        return "hang", f"the engine did not answer within {seconds} s{also}", step
    if why == "flood":
        return "flood", f"the engine wrote far more than an answer can be{also}", FILE_OR_BUILD
    if why == GARBAGE:
        return GARBAGE, f"the engine answered something that is not an answer{also}", FILE_OR_BUILD
    return "silent", f"the engine closed its pipe and went on running{also}", FILE_OR_BUILD


def _theirs(ending: Ending) -> tuple[str, str, str]:
    """Return what the child died of by itself."""
    if ending.status >= 0:
        return _exited(ending)
    try:
        name = signal.Signals(-ending.status).name
    except ValueError:
        name = f"signal {-ending.status}"
    if name == "SIGKILL":
        sure = (
            "the kernel counted an out-of-memory kill" if ending.oom else "most likely by the kernel for want of memory"
        )
        return "oom", f"the engine was killed by SIGKILL, {sure}", less_memory()
    if name in ("SIGABRT", "SIGSEGV", "SIGBUS") and out_of_memory(ending.log):
        return "memory-limit", f"the engine got no more memory and ended with {name}{_limit(ending)}", less_memory()
    found = _SIGNALS.get(name)
    if found:
        return found[0], f"the engine ended with {name}: {found[1]}", found[2]
    return "signal", f"the engine was ended by {name}", "Run it again; if it ends the same way, try another build."


def _exited(ending: Ending) -> tuple[str, str, str]:
    if out_of_memory(ending.log):
        return "memory-limit", f"the engine got no more memory{_limit(ending)}", less_memory()
    if ending.status == 0:
        return "gone", "the engine ended without an answer", FILE_OR_BUILD
    return "exit", f"the engine ended with status {ending.status}", FILE_OR_BUILD


_SIGNALS = {
    "SIGILL": (
        "illegal-instruction", "its build uses instructions that this processor (or virtual machine) does not run",
        "Rebuild it for any processor: CMAKE_ARGS=-DGGML_NATIVE=OFF pip install --force-reinstall --no-cache-dir "
        "llama-cpp-python",
    ),
    "SIGSEGV": ("segfault", "it reached into memory that is not its own", FILE_OR_BUILD),
    "SIGBUS": (
        "bus-error", "a part of the file could not be read, or memory was cut off",
        "Check that the file is whole ('advisor inspect --hash') and its disk is sound.",
    ),
    "SIGABRT": ("assertion", "it gave up on a state that it holds impossible", FILE_OR_BUILD),
    "SIGFPE": ("arithmetic", "it divided by zero, as damaged sizes make it do", FILE_OR_BUILD),
    "SIGXCPU": ("cpu-limit", "it used up its processor time", "Give it more time with --timeout."),
    "SIGXFSZ": ("flood", "it wrote a file larger than it may", FILE_OR_BUILD),
    "SIGTERM": ("ended", "somebody asked it to end", "Run it again."),
}  # fmt: skip


def less_memory() -> str:
    """Return the next step where memory was too little."""
    return "Take a coarser quantization or a smaller --context, or give it more memory (--max-memory)."


def _limit(ending: Ending) -> str:
    return f" (its limit was {ending.limit / 1024**2:,.0f} MiB of address space)" if ending.limit else ""


def out_of_memory(log: str) -> bool:
    """Say whether a log tells that memory ran out."""
    return any(word in log for word in _OUT_OF_MEMORY)


def _causes(log: str) -> list[str]:
    """Return the lines of a log that sound like a cause; what llama.cpp prints of a header (`- kv`) is none."""
    lines = (line.strip() for line in log.splitlines() if " - kv " not in line)
    return [_BUILT_IN.sub("", line)[:300] for line in lines if any(word in line for word in _CAUSES)]


def _cause(log: str) -> str:
    """Return the last line of a log that sounds like a cause."""
    return (_causes(log) or [""])[-1]


def first_cause(log: str) -> str:
    """Return the first line that does: where the engine refuses a file, what follows is what comes of it."""
    return (_causes(log) or [""])[0]
