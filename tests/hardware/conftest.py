"""A machine made of files and recorded outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from advisor.hardware.detect import detect
from advisor.hardware.probe import Answer
from advisor.hardware.schema import Machine

FOLDER = Path(__file__).parent / "fixtures"


class FakeProbe:
    """Answers from mappings: path to text, command line to its answer."""

    def __init__(
        self,
        platform: str = "linux",
        files: Mapping[str, str] | None = None,
        tools: Mapping[str, str | Answer] | None = None,
        native_memory: int | None = None,
        native_cpu_name: str | None = None,
        threads: int | None = 8,
    ) -> None:
        self._platform = platform
        self.files = files or {}
        self.tools = tools or {}
        self._memory, self._cpu, self._threads = native_memory, native_cpu_name, threads
        self.commands: list[str] = []

    @property
    def platform(self) -> str:
        return self._platform

    def read_text(self, path: str) -> str | None:
        return self.files.get(path)

    def list_folder(self, path: str) -> tuple[str, ...]:
        start = path + "/"
        return tuple(sorted({p[len(start) :].split("/")[0] for p in self.files if p.startswith(start)}))

    def run(self, *command: str) -> Answer | None:
        line = " ".join(command)
        self.commands.append(line)
        answer = self.tools.get(line, self.tools.get(command[0]))
        return Answer(answer) if isinstance(answer, str) else answer

    def threads(self) -> int | None:
        return self._threads

    def native_memory(self) -> int | None:
        return self._memory

    def native_cpu_name(self) -> str | None:
        return self._cpu


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], str]:
    """Return the text of a recorded output."""
    return lambda name: (FOLDER / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def probe_of() -> type[FakeProbe]:
    """Return the class of made-up machines."""
    return FakeProbe


@pytest.fixture
def linux_with(recorded: Callable[[str], str]) -> Callable[..., Machine]:
    """Return what is detected on a Linux machine with 23.5 GiB, with further files and tools."""

    def make(files: Mapping[str, str] | None = None, tools: Mapping[str, str | Answer] | None = None) -> Machine:
        base = {
            "/proc/meminfo": recorded("meminfo.txt"),
            "/proc/cpuinfo": recorded("cpuinfo-x86.txt"),
        }
        return detect(FakeProbe(files={**base, **(files or {})}, tools=tools))

    return make
