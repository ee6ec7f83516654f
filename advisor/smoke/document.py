"""The result of a smoke test (`advisor.smoke/1`): what was asked, of what, where, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from advisor.catalog.schema import Record
from advisor.engine.interface import Diagnosis, Message
from advisor.hardware.schema import Machine
from advisor.smoke.bench import Measured, Performance, Verdict

SCHEMA = "advisor.smoke/1"
Overall = Literal["pass", "warn", "fail"]


class TestedModel(Record, frozen=True, kw_only=True):
    """What was tested: a file with its hash, or the name under which an endpoint serves something."""

    file: str | None = None
    """The file's name without its folder."""
    sha256: str | None = None
    """Of the file; of the first shard, where there are several."""
    size_bytes: int | None = None
    """Of all shards."""
    id: str | None = None
    """The model's id in the catalog."""
    repository: str | None = None
    revision: str | None = None
    quantization: str | None = None
    architecture: str | None = None
    expert_count: int | None = None
    parameters: int | None = None
    trained_context: int | None = None
    template_sha256: str | None = None
    endpoint: str | None = None
    served: str | None = None
    """The name asked for at the endpoint; what is behind it cannot be proved."""

    @property
    def name(self) -> str:
        """Return what people call it."""
        return self.id or self.served or self.file or "unnamed"


class UsedEngine(Record, frozen=True, kw_only=True):
    """The engine, its build and the flags it ran with."""

    name: str
    version: str | None = None
    build: str | None = None
    flags: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)


class UsedSuite(Record, frozen=True, kw_only=True):
    """A suite as it was before the run."""

    id: str
    name: str
    sha256: str
    at_least: float = 1.0


class Asked(Record, frozen=True, kw_only=True):
    """What the run was asked for; `timeout` in seconds."""

    lang: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    context: int
    timeout: float
    repeat: int
    seed: int


class Check(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One judgement. `suite`, `case`, `language` and `task` say what it belongs to; a probe's has no case."""

    id: str
    verdict: Verdict
    reason: str
    measured: Measured | None = None
    threshold: Measured | None = None
    suite: str | None = None
    case: str | None = None
    language: str | None = None
    task: str | None = None
    details: dict[str, Any] | None = None


class Transcript(Record, frozen=True, kw_only=True):
    """One exchange; `prompt` is the last turn of what was asked."""

    suite: str
    case: str
    system: str | None = None
    prompt: str
    reply: str
    finish: str | None = None
    seconds: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    before: tuple[Message, ...] = ()
    """Earlier turns."""


class SmokeResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run of the smoke test; a measurement of a day and a machine."""

    schema: str = msgspec.field(name="schema")
    verdict: Overall
    date: str
    program: str
    """Version of advisor."""
    model: TestedModel
    engine: UsedEngine | None = None
    host: Machine
    isolation: dict[str, Any] = {}
    asked: Asked
    suites: tuple[UsedSuite, ...] = ()
    checks: tuple[Check, ...] = ()
    performance: Performance | None = None
    failure: Diagnosis | None = None
    """The first failure of the engine, where it failed."""
    interrupted: bool = False
    transcripts: tuple[Transcript, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return 0 for pass and warn, 1 for fail, 4 where the engine failed, 130 where it was interrupted."""
        if self.interrupted:
            return 130
        if self.failure and self.failure.code not in FILE_CODES:
            return 4
        return 1 if self.verdict == "fail" else 0

    def check(self, check_id: str) -> Check:
        """Return the check with this id."""
        return next(check for check in self.checks if check.id == check_id)


def keeps_rules(case: Iterable[Check]) -> bool:
    """Say whether the checks of one case were all kept; a rule that only warns may be missed."""
    return all(c.verdict not in ("fail", "unknown") and not (c.details or {}).get("missed") for c in case)


FILE_CODES = frozenset({"refused-file"})
"""Failures that are the file's, not the engine's."""


def overall(checks: tuple[Check, ...]) -> Overall:
    """Return the verdict over all checks: unknown is never a pass, and a measurement alone decides nothing."""
    verdicts = {check.verdict for check in checks}
    if "fail" in verdicts or not verdicts - {"info"}:
        return "fail"
    return "warn" if verdicts & {"warn", "unknown"} else "pass"
