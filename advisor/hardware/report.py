"""What a machine can hold, and which machines can hold a model (`advisor.hardware/1`)."""

from __future__ import annotations

import msgspec

from advisor.hardware.bandwidth import Measurement
from advisor.hardware.schema import Machine
from advisor.hardware.speed import Engine

SCHEMA = "advisor.hardware/1"


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model with the quantization that fits and what it needs, in bytes and tokens per second."""

    model: str
    quantization: str
    total_bytes: int
    decode_tokens_per_second: float | None = None


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A profile of the catalog that holds the model asked for."""

    profile: str
    name: str
    memory_bytes: int
    held: Held


class HardwareReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A machine, the places on it where a model can run, and the largest models that fit."""

    schema: str = msgspec.field(name="schema")
    machine: Machine
    places: tuple[Engine, ...]
    measurement: Measurement | None = None
    context: int
    concurrency: int
    largest: tuple[Held, ...] = ()
    holders: tuple[Holder, ...] | None = None
    """Only where a model was asked for: the smallest profiles that hold it."""
    here: Held | None = None
    """What the machine itself would hold of that model, where it does."""
    reason: str | None = None
    """Why no profile holds it, where that is known: its shape is not, or the least that it needs."""

    @property
    def exit_code(self) -> int:
        """Return 0 if there is an answer: something fits, or some profile holds the model asked for."""
        return 0 if (self.largest if self.holders is None else self.holders) else 1
