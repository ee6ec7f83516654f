"""A child process on a short leash: confined, timed, its pipe capped, its end diagnosed, its whole group ended."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from advisor.engine.confine import REFUSED
from advisor.engine.diagnosis import GARBAGE, Ending, diagnose, fault
from advisor.engine.interface import EngineFailure

MIB = 1024**2
LONGEST_LINE = 8 * MIB
MOST_BYTES = 256 * MIB
"""What may come through the pipe: in one answer, and in all."""
MOST_WRITTEN = 64 * MIB
"""How long a file may become that the child writes, its log included."""
GRACE = 2.0
"""Seconds between the polite signal and the one that cannot be ignored."""
_CONFINE = Path(__file__).with_name("confine.py")
_KEPT = (
    "PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE",
    "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
)  # fmt: skip
"""What the child inherits of the environment: no token, no proxy, no home."""


class Leash(NamedTuple):
    """What a child may take: bytes of address space, seconds of processor time; whether it may use the network."""

    address_space: int | None = None
    cpu_seconds: int | None = None
    network: bool = False
    processes: bool = True
    """Whether it sees other processes."""
    strict: bool = False
    """Whether it must not start where the system cannot confine it."""


class Child:
    """One running program. Lines go in and come out; whatever it does, `end` leaves nothing of it behind."""

    def __init__(self, command: list[str], leash: Leash, environment: dict[str, str] | None = None) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="advisor-", ignore_cleanup_errors=True)
        self.folder = Path(self._home.name)
        self.leash = leash
        self._killed: str | None = None
        self._ended: EngineFailure | None = None
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._oom = _oom_kills()
        self._log = open(self.folder / "log", "w+b")  # noqa: SIM115  # closed in `end`
        try:
            self._process = subprocess.Popen(
                [*self._confined(), *command],
                cwd=self.folder,
                env={**self._environment(), **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                start_new_session=True,
            )
        except OSError as error:
            self._log.close()
            self._home.cleanup()
            raise fault("not-started", f"{command[0]} cannot be started: {error.strerror}") from None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def isolation(self) -> dict[str, str]:
        """Return what the confinement came to; before the first answer it may not be told yet."""
        try:
            told: dict[str, str] = msgspec.json.decode((self.folder / "confinement.json").read_bytes())
        except (OSError, ValueError):
            return {"confinement": "not isolated: this system has no confinement" if os.name == "nt" else "not told"}
        return told

    def send(self, message: Any) -> None:
        """Write one line of JSON to the child; where it has gone, `receive` tells how."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(msgspec.json.encode(message) + b"\n")
            self._process.stdin.flush()

    def receive(self, seconds: float) -> Any:
        """Return the next line that the child writes, decoded.

        Raises:
            EngineFailure: where it ends, hangs for `seconds`, floods the pipe or writes something else than JSON.
        """
        if self._ended:
            raise self._ended
        try:
            line = self._lines.get(timeout=max(seconds, 0.01))
        except queue.Empty:
            self._kill(f"hang:{seconds:.0f}")
            raise self._failed() from None
        if line is None:
            raise self._failed()
        try:
            return msgspec.json.decode(line)
        except (ValueError, RecursionError):
            self._kill(GARBAGE)
            raise self._failed() from None

    def log_end(self, size: int = 65536) -> str:
        """Return the end of what the child wrote to stderr."""
        with contextlib.suppress(OSError, ValueError):
            self._log.seek(max(self._log.seek(0, os.SEEK_END) - size, 0))
            return self._log.read().decode(errors="replace")
        return ""

    def poll(self) -> bool:
        """Say whether the child still runs."""
        return self._process.poll() is None

    def failure(self) -> EngineFailure:
        """Return how the child ended, ending it where it still runs."""
        return self._failed()

    def end(self) -> None:
        """End the child and everything it started, politely first; remove its folder."""
        if self._process.stdin:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.close()
        if self._process.poll() is None:
            _signal_group(self._process, "SIGTERM")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
        _signal_group(self._process, "SIGKILL")
        self._process.wait()
        self._reader.join(GRACE)
        if self._process.stdout and not self._reader.is_alive():
            self._process.stdout.close()
        self._log.close()
        self._home.cleanup()

    def _confined(self) -> list[str]:
        if os.name == "nt":
            return [sys.executable, "-c", f"raise SystemExit({REFUSED})"] if self.leash.strict else []
        limits = {"core": 0, "fsize": MOST_WRITTEN, "nofile": 1024}
        if self.leash.address_space:
            limits["as"] = self.leash.address_space
        if self.leash.cpu_seconds:
            limits["cpu"] = self.leash.cpu_seconds
        orders: dict[str, Any] = {"limits": limits, "network": self.leash.network, "processes": self.leash.processes,
                                  "writable": [str(self.folder)], "strict": self.leash.strict,
                                  "report": str(self.folder / "confinement.json")}  # fmt: skip
        return [sys.executable, "-I", str(_CONFINE), msgspec.json.encode(orders).decode()]

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        own = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), str(self.folder))
        # A debugger that llama.cpp starts when it gives up would only add its own complaints to the log.
        return {**kept, **own, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "GGML_NO_BACKTRACE": "1"}

    def _read(self) -> None:
        """Take in what the child writes, line by line and no more than may be."""
        assert self._process.stdout is not None
        waiting, total = bytearray(), 0
        while block := os.read(self._process.stdout.fileno(), 1 << 16):
            total += len(block)
            waiting += block
            *lines, rest = waiting.split(b"\n")
            waiting = bytearray(rest)
            if len(waiting) > LONGEST_LINE or total > MOST_BYTES or any(len(line) > LONGEST_LINE for line in lines):
                self._kill("flood")
                break
            for line in lines:
                self._lines.put(bytes(line))
        self._lines.put(None)

    def _kill(self, why: str) -> None:
        """End the whole group at once, keeping why: how it dies by our hand says nothing about the child."""
        if self._process.poll() is None:
            self._killed = self._killed or why
            _signal_group(self._process, "SIGTERM")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
                return
            self._killed += ":stubborn"
            _signal_group(self._process, "SIGKILL")
        elif why == GARBAGE:
            self._killed = self._killed or why

    def _failed(self) -> EngineFailure:
        if self._ended is None:
            try:
                status = self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._kill("silent")
                status = self._process.wait()
            ending = Ending(status, self._killed, self.log_end(), _oom_kills() > self._oom, self.leash.address_space)
            self._ended = EngineFailure(diagnose(ending))
        return self._ended


def _signal_group(process: subprocess.Popen[bytes], name: str) -> None:
    """Send a signal to the child's whole group; where there are no groups, end the child."""
    if os.name == "nt":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, getattr(signal, name))


def _oom_kills() -> int:
    """Return how often the kernel has killed for want of memory, in our control group and on the machine."""
    counted = 0
    for path, name in (("/sys/fs/cgroup/memory.events", "oom_kill"), ("/proc/vmstat", "oom_kill")):
        with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii") as file:
            counted += sum(int(line.split()[1]) for line in file if line.split()[0] == name)
    return counted


def peak_rss(pid: int) -> int | None:
    """Return the most memory a running process has held, in bytes; None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    return None
