"""Engines that answer by a script, and runs of suites written in a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from advisor.engine.interface import Diagnosis, EngineFacts, EngineFailure, Question, Reply, Usage
from advisor.hardware.schema import Machine
from advisor.smoke.document import Asked, Check, SmokeResult, TestedModel
from advisor.smoke.run import Order, Run
from advisor.smoke.select import Selected
from advisor.smoke.suites import read_suite

HOST = Machine(name="this machine", basis="detected", ram_bytes=16 << 30, cpu_name="Chip", cpu_threads=8, os="linux")
SHA256 = "b" * 64
Speak = Callable[[Question], Reply | Exception | BaseException]


def reply(text: str, finish: str = "stop", **more: Any) -> Reply:
    """Return a reply as an engine gives it."""
    facts: dict[str, Any] = {"seconds": 1.0, "ttft_seconds": 0.1, "prompt_tokens": 300, "completion_tokens": 20}
    return Reply(text=text, finish=finish, **(facts | more))  # type: ignore[arg-type]


def crash(code: str = "segfault") -> EngineFailure:
    return EngineFailure(Diagnosis(code=code, message="the engine ended", next_step="Try another build."))


class Scripted:
    """An engine whose answers a function gives: a reply, or an exception to raise."""

    isolation: dict[str, Any] = {"network": "isolated"}  # noqa: RUF012

    def __init__(self, speak: Speak, facts: EngineFacts | None = None, opens: Iterable[Exception | None] = ()) -> None:
        self._speak, self._facts = speak, facts or EngineFacts(name="scripted", context=4096, load_seconds=0.5)
        self._opens = list(opens)
        self.opened, self.closed = 0, 0
        self.asked: list[Question] = []

    @property
    def usage(self) -> Usage:
        return Usage(peak_rss_bytes=100)

    def open(self, seconds: float) -> EngineFacts:
        self.opened += 1
        failure = self._opens.pop(0) if self._opens else None
        if failure:
            raise failure
        return self._facts

    def ask(self, question: Question, seconds: float) -> Reply:
        self.asked.append(question)
        said = self._speak(question)
        if isinstance(said, BaseException):
            raise said
        return said

    def count(self, text: str) -> int | None:
        return len(text.split())

    def close(self) -> None:
        self.closed += 1


def run(
    suite: str, speak: Speak | Scripted, timeout: float = 600.0, before: tuple[Check, ...] = (),
    file: Path | None = None, after: tuple[Check, ...] = (), **asked: Any,
) -> SmokeResult:  # fmt: skip
    """Run a suite, given as YAML without its first line, against an engine."""
    loaded = read_suite("schema: advisor.suite/1\nname: Test\n" + suite, "test.yaml", "test")
    selected = Selected(loaded, loaded.suite.probes, loaded.suite.cases)
    facts = {"context": 1024, "timeout": timeout, "repeat": 3, "seed": 1, **asked}
    order = Order(
        model=TestedModel(file="m.gguf", sha256=SHA256, size_bytes=2_000_000_000), host=HOST, asked=Asked(**facts),
        selected=(selected,), date="2026-11-25", file=file, before=before, after=after,
    )  # fmt: skip
    engine = speak if isinstance(speak, Scripted) else Scripted(speak)
    return Run(engine, order, lambda *_: None).go()


def verdicts(result: SmokeResult) -> dict[str, str]:
    return {check.id: check.verdict for check in result.checks}
