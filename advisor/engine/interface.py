"""What the rest of the program knows of an engine: questions, answers, facts, and how it may fail."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from advisor.catalog.schema import Record
from advisor.errors import ExternalError

Role = Literal["system", "user", "assistant"]


class Message(Record, frozen=True, kw_only=True):
    """One turn of a conversation."""

    role: Role
    content: str


class Question(Record, frozen=True, kw_only=True):
    """A conversation that the model is to continue, at most `max_tokens` tokens long."""

    messages: tuple[Message, ...]
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 1
    json_schema: dict[str, Any] | None = None
    """What the answer must be, held by a grammar where the engine has one."""


class Reply(Record, frozen=True, kw_only=True):
    """What came back. Seconds are measured where the engine runs; `seconds` is from the question to the last token."""

    text: str
    finish: Literal["stop", "length", "other"]
    """`stop`: the model ended by itself; `length`: `max_tokens` cut it off."""
    seconds: float
    ttft_seconds: float | None = None
    """Seconds to the first token that is not empty."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning: str | None = None
    """Thoughts that the engine tells apart from the answer."""
    prompt_tokens_per_second: float | None = None
    generation_tokens_per_second: float | None = None
    """Rates that the engine measures itself."""


class TemplateFacts(Record, frozen=True, kw_only=True):
    """What became of the file's own chat template when it was rendered with a system and a user turn."""

    present: bool
    sha256: str | None = None
    renders: bool = False
    keeps_system: bool = False
    keeps_user: bool = False
    error: str | None = None


class EngineFacts(Record, frozen=True, kw_only=True):
    """What runs, and how; sizes in bytes, `context` in tokens."""

    name: str
    version: str | None = None
    build: str | None = None
    """What the native library says of itself: commit, instruction sets, backends."""
    flags: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    model: str | None = None
    """The name by which an endpoint serves the model."""
    context: int | None = None
    trained_context: int | None = None
    load_seconds: float | None = None
    template: TemplateFacts | None = None
    special_tokens: tuple[str, ...] = ()
    """Pieces of the vocabulary that must never stand in an answer."""
    architecture: str | None = None
    expert_count: int | None = None
    model_bytes: int | None = None
    parameters: int | None = None


class Usage(Record, frozen=True, kw_only=True):
    """What the engine has taken so far, in bytes."""

    peak_rss_bytes: int | None = None


class Diagnosis(Record, frozen=True, kw_only=True):
    """Why an engine failed: a stable `code`, what happened, and what to do next."""

    code: str
    message: str
    next_step: str
    log: str | None = None
    """The end of what the engine wrote."""


class EngineFailure(ExternalError):  # a failure of the engine is a result, not only an error
    """The engine refused, crashed, hung or answered garbage. It is closed by then; `open` starts it anew."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(f"{diagnosis.message}. {diagnosis.next_step}")
        self.diagnosis = diagnosis


class RefusedError(ExternalError):
    """The engine said no to one question, such as one that is longer than its context, and lives on."""


class Engine(Protocol):
    """One model behind one engine. What an engine does is told as `EngineFailure`, and nothing else."""

    @property
    def isolation(self) -> dict[str, Any]:
        """How the engine is confined, and what of it could not be had."""

    @property
    def usage(self) -> Usage:
        """What it has taken so far, over all times it was opened."""

    def open(self, seconds: float) -> EngineFacts:
        """Load the model (or reach the server) within `seconds`."""

    def ask(self, question: Question, seconds: float) -> Reply:
        """Let the model answer within `seconds`.

        Raises:
            RefusedError: where the engine takes no such question.
        """

    def count(self, text: str) -> int | None:
        """Return how many tokens `text` is, without special ones; None where the engine does not tell."""

    def close(self) -> None:
        """End everything that was started; may be called twice."""
