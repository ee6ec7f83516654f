"""What a check gets and gives: one exchange with the model, one judgement, and the bench at which it may ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from advisor.catalog.schema import Record
from advisor.engine.interface import EngineFacts, Message, Reply

Verdict = Literal["pass", "warn", "fail", "unknown", "info"]
"""`unknown`: could not be decided, e.g. an extra is missing; never a pass. `info`: a measurement that nobody judges."""
Measured = str | int | float | bool


class Judgement(NamedTuple):
    """What a check found. `measured` and `threshold` are of one kind; `details` is any JSON."""

    verdict: Verdict
    reason: str
    measured: Measured | None = None
    threshold: Measured | None = None
    details: dict[str, Any] | None = None
    part: str | None = None
    """Where one probe judges several things: the end of the check's id."""


class Exchange(Record, frozen=True, kw_only=True):
    """What was asked and what came back."""

    case: str
    messages: tuple[Message, ...]
    reply: Reply
    language: str | None = None
    """The language that the case stands for."""

    @property
    def text(self) -> str:
        """The answer without surrounding blanks and without the thoughts that some models write before it."""
        return answer_of(self.reply.text)


class Bench(Protocol):
    """The model on the bench, as probes see it. `EngineFailure` is for the runner: probes let it pass."""

    facts: EngineFacts
    file: Path | None
    """The model's file; None for an endpoint."""
    context: int
    """Tokens of context that the run was asked for."""
    language: str | None
    """Of the probe that runs."""

    def ask(
        self,
        prompt: str | tuple[Message, ...],
        *,
        system: str | None = None,
        max_tokens: int = 256,
        case: str | None = None,
        temperature: float = 0.0,
        json_schema: dict[str, Any] | None = None,
    ) -> Exchange:
        """Ask, write the transcript down, and return both sides.

        Raises:
            EngineFailure: where the engine refuses, crashes or takes too long.
            OutOfTimeError: where the time of the whole run is used up.
        """

    def count(self, text: str) -> int | None:
        """Return how many tokens `text` is for the model; None where the engine does not tell."""

    def seconds_left(self) -> float:
        """Return what is left of the time of the whole run."""


class OutOfTimeError(Exception):
    """The time of the whole run is used up; the runner tells what was not run."""


THOUGHTS = (("<think>", "</think>"), ("[THINK]", "[/THINK]"), ("<|channel|>analysis", "<|channel|>final<|message|>"))


def answer_of(text: str) -> str:
    """Return an answer without the thoughts before it; thoughts that never end leave no answer."""
    stripped = text.strip()
    for start, end in THOUGHTS:
        if end in stripped:
            return stripped.rpartition(end)[2].strip()
        if stripped.startswith(start):
            return ""
    return stripped
