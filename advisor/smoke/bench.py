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


class SpeedTest(Record, frozen=True, kw_only=True):
    """Repeated runs of one kind, under the names of llama-bench; rates in tokens/s, samples in nanoseconds."""

    n_prompt: int
    n_gen: int
    avg_ns: int
    stddev_ns: int
    avg_ts: float
    stddev_ts: float
    median_ts: float
    samples_ns: tuple[int, ...]
    samples_ts: tuple[float, ...]


class Performance(Record, frozen=True, kw_only=True):
    """What was measured: seconds, tokens/s and bytes, medians over the repeated runs without the warm-up."""

    load_seconds: float | None = None
    ttft_seconds: float | None = None
    prompt_tokens_per_second: float | None = None
    generation_tokens_per_second: float | None = None
    peak_rss_bytes: int | None = None
    memory_predicted_bytes: int | None = None
    generation_predicted_tokens_per_second: float | None = None
    tests: tuple[SpeedTest, ...] = ()


class Bench(Protocol):
    """The model on the bench, as probes see it. `EngineFailure` is for the runner: probes let it pass."""

    facts: EngineFacts
    file: Path | None
    """The model's file; None for an endpoint."""
    context: int
    """Tokens of context that the run was asked for."""
    language: str | None
    """Of the probe that runs."""
    repeat: int
    """How often a measurement is to be repeated."""
    exchanges: list[Exchange]
    """Everything asked so far in this run."""
    predicted: Performance
    """What was expected of memory and speed, as far as anything was."""

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
            EngineFailure: where the engine crashes or takes too long.
            RefusedError: where it takes no such question and lives on.
            OutOfTimeError: where the time of the whole run is used up.
        """

    def count(self, text: str) -> int | None:
        """Return how many tokens `text` is for the model; None where the engine does not tell."""

    def seconds_left(self) -> float:
        """Return what is left of the time of the whole run."""

    def peak_rss(self) -> int | None:
        """Return the most memory that the engine has held so far, in bytes."""

    def tell(self, performance: Performance) -> None:
        """Put what was measured into the result."""


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
