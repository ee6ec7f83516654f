"""What smoke tests and bake-offs on the organisation's own machines found, as `recommend` takes it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from advisor.catalog.schema import Record, Source
from advisor.hardware.calibration import Observation
from advisor.hardware.schema import Machine

SMALLEST = 1_000_000_000
"""Bytes from which a file's speed is that of memory and not of the processor's cache."""


class LanguageOutcome(Record, frozen=True, kw_only=True):
    """How many prompts in a language were answered as their rules ask, and what the suite's threshold says to that."""

    language: str
    verdict: Literal["pass", "fail"]
    passed: int
    cases: int


class OwnOutcome(Record, frozen=True, kw_only=True):
    """What came of the organisation's own prompts: cases that keep their rules, and blind comparisons by people.

    Both come with the lower end of the 95 % interval of their share (Wilson), so that few prompts count for little.
    """

    suite: str
    task: str | None = None
    passed: int
    cases: int
    passed_low: float
    preferred: float = 0.0
    """Comparisons won; a tie counts half."""
    compared: int = 0
    preferred_low: float = 0.0

    @property
    def value(self) -> float:
        """Return the lower end of the share that passed; where people compared, the mean with that of their choice."""
        return (self.passed_low + self.preferred_low) / 2 if self.compared else self.passed_low


class LocalResult(Record, frozen=True, kw_only=True):
    """One smoke test of one artifact on one machine; rates in tokens/s, sizes in bytes."""

    model: str | None = None
    """The catalog's id; absent where the file is no artifact that the catalog knows."""
    file: str
    sha256: str
    document: str
    """The sha256 of the stored result."""
    date: str
    host: str
    context: int
    gpu_layers: int = 0
    active_bytes: int | None = None
    """Weights that one token reads."""
    parameters: int | None = None
    active_parameters: int | None = None
    generation_tokens_per_second: float | None = None
    prompt_tokens_per_second: float | None = None
    languages: tuple[LanguageOutcome, ...] = ()
    own: tuple[OwnOutcome, ...] = ()

    @property
    def source(self) -> Source:
        """Return where the statement stands: the stored result."""
        return Source(
            ref=f"advisor.smoke/1 sha256:{self.document}", accessed=self.date, kind="measurement", note=self.file
        )

    @property
    def here(self) -> str:
        """Return the words by which everything that rests on it is known."""
        return f"measured here, {self.date}"


Local = Sequence[LocalResult]


def host_id(machine: Machine) -> str:
    """Return a short name for a machine: equal machines have equal ones."""
    import hashlib  # which costs every start two milliseconds

    facts = (machine.cpu_name, machine.cpu_threads, machine.ram_bytes, machine.vram_bytes, machine.os,
             [gpu.name for gpu in machine.gpus])  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]


def of_language(local: Local, model: str, tag: str) -> tuple[LocalResult, LanguageOutcome] | None:
    """Return the newest outcome of a model in a language; one in `zh` holds for `zh-Hans`, not the other way round."""
    for result in reversed(local):
        if result.model == model:
            for outcome in result.languages:
                if tag == outcome.language or tag.startswith(outcome.language + "-"):
                    return result, outcome
    return None


def of_task(local: Local, model: str, task: str) -> tuple[LocalResult, OwnOutcome] | None:
    """Return the newest outcome of the organisation's own prompts for a task, or for no task in particular."""
    for result in reversed(local):
        for outcome in result.own if result.model == model else ():
            if outcome.task in (None, task):
                return result, outcome
    return None


def of_speed(local: Local, sha256: str | None, machine: Machine) -> LocalResult | None:
    """Return the newest speed of a file on this very machine."""
    if not local or sha256 is None or machine.basis != "detected":
        return None
    host = host_id(machine)
    fitting = [r for r in local if r.sha256 == sha256 and r.host == host and r.generation_tokens_per_second]
    return fitting[-1] if fitting else None


def observations(local: Local, machine: Machine) -> tuple[Observation, ...]:
    """Return the runs on this very machine that tell its speed: the newest of each file that no cache can hold."""
    if not local or machine.basis != "detected":
        return ()
    host = host_id(machine)
    newest: dict[str, LocalResult] = {}
    for result in local:
        whole = result.gpu_layers in (0, -1)
        if result.host == host and whole and result.generation_tokens_per_second and result.active_bytes:
            newest[result.sha256] = result
    return tuple(
        Observation(
            placement="gpu" if r.gpu_layers else "cpu", active_bytes=r.active_bytes,
            generation_rate=r.generation_tokens_per_second, active_parameters=r.active_parameters,
            prompt_rate=r.prompt_tokens_per_second, file=r.file, date=r.date,
        )
        for r in newest.values()
        if r.active_bytes and r.active_bytes >= SMALLEST and r.generation_tokens_per_second
    )  # fmt: skip
