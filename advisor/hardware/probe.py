"""The one way in which detection looks at the machine: files, tools and a few system calls."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple, Protocol

TOOL_SECONDS = 2.0
"""How long one external tool may take."""
_MOST_BYTES = 1 << 20


class Answer(NamedTuple):
    """What a tool wrote to stdout, and what went wrong (None: nothing)."""

    text: str
    problem: str | None = None


class Probe(Protocol):
    """What detection may ask of a machine. No method raises."""

    @property
    def platform(self) -> str:
        """Return `sys.platform` of the machine."""

    def read_text(self, path: str) -> str | None:
        """Return the text of a file (at most 1 MiB), or None where it cannot be read."""

    def list_folder(self, path: str) -> tuple[str, ...]:
        """Return the sorted names in a folder; none where it cannot be read."""

    def run(self, *command: str) -> Answer | None:
        """Run a tool for at most `TOOL_SECONDS`; None where it is not installed."""

    def threads(self) -> int | None:
        """Return how many hardware threads this process may use."""

    def native_memory(self) -> int | None:
        """Return total RAM in bytes from a system call; None but on Windows."""

    def native_cpu_name(self) -> str | None:
        """Return the processor's name from the registry; None but on Windows."""


class SystemProbe:
    """The machine at hand."""

    platform = sys.platform
    _elsewhere = ("/usr/lib/wsl/lib", "/opt/rocm/bin", "/usr/sbin", "/sbin")
    """Where PATH may not look: WSL's nvidia-smi, ROCm's tools, macOS's sysctl."""

    def read_text(self, path: str) -> str | None:
        """See `Probe`."""
        try:
            with open(path, "rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace")
        except (OSError, ValueError):
            return None

    def list_folder(self, path: str) -> tuple[str, ...]:
        """See `Probe`."""
        try:
            return tuple(sorted(os.listdir(path)))
        except (OSError, ValueError):
            return ()

    def run(self, *command: str) -> Answer | None:
        """See `Probe`."""
        tool = self._find(command[0])
        return None if tool is None else _run([tool, *command[1:]])

    def _find(self, name: str) -> str | None:
        """Return where a tool is installed; `shutil.which` would cost more to import than all of detection."""
        suffix = ".exe" if self.platform == "win32" else ""
        for folder in (*os.get_exec_path(), *self._elsewhere):
            path = os.path.join(folder, name + suffix)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
        return None

    def threads(self) -> int | None:
        """See `Probe`."""
        if hasattr(os, "sched_getaffinity"):
            try:
                return len(os.sched_getaffinity(0))
            except OSError:
                return os.cpu_count()
        return os.cpu_count()

    def native_memory(self) -> int | None:
        """See `Probe`."""
        if sys.platform != "win32":
            return None
        from advisor.hardware import windows

        return windows.total_memory()

    def native_cpu_name(self) -> str | None:
        """See `Probe`."""
        if sys.platform != "win32":
            return None
        from advisor.hardware import windows

        return windows.cpu_name()


def _run(command: list[str]) -> Answer:
    """Run `command` in the C locale without input; a failure is an answer, not an exception."""
    import subprocess

    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TOOL_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        return Answer("", f"did not answer within {TOOL_SECONDS:g} s")
    except (OSError, ValueError) as error:
        return Answer("", f"could not be started: {getattr(error, 'strerror', None) or error}")
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode == 0:
        return Answer(text)
    told = (done.stderr.decode("utf-8", "replace").strip() or text.strip()).splitlines()
    reason = f": {told[0].strip()[:200]}" if told else ""
    return Answer(text, f"ended with status {done.returncode}{reason}")
