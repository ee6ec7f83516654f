"""What ranking adds to a document: scores taken apart, how firm the order is, what would let something pass."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.catalog.schema import Record, Source
from advisor.rules.finding import Value


class CriterionScore(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One criterion: value 0..1, its share of the weights, their product, and what the value rests on."""

    criterion: str
    value: float
    weight: float
    contribution: float
    basis: str
    sources: tuple[Source, ...] = ()


class LanguageEvidence(Record, frozen=True, kw_only=True):
    """The best evidence for one language, and the benchmark's score where it was measured."""

    language: str
    kind: Literal["measured-here", "independent", "vendor", "declared", "none"]
    score: float | None = None
    benchmark: str | None = None
    compared: bool = True
    """False: the score is of another benchmark than the one that ranks the language."""


class WeightChange(Record, frozen=True, kw_only=True):
    """A changed weight that puts another model first."""

    criterion: str
    factor: float
    first: str


class Sensitivity(Record, frozen=True, kw_only=True):
    """Whether the first place survives each weight changed by `by`, and who takes it where it does not."""

    by: float
    stable: bool
    changes: tuple[WeightChange, ...] = ()


class RelaxedOption(Record, frozen=True, kw_only=True):
    """One requirement, as asked and as it would have to be."""

    option: str
    from_: Value | None = msgspec.field(name="from", default=None)
    to: Value


class Relaxation(Record, frozen=True, kw_only=True):
    """A smallest set of changed requirements, and the models that then pass."""

    relax: tuple[RelaxedOption, ...]
    passes: tuple[str, ...]
