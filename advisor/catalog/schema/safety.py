"""What official bodies measured of a model's behaviour: shown beside it, never part of its score."""

from typing import Literal

import msgspec

from advisor.catalog.schema.source import Count, Country, Day, Record, Sources, Tag, Text


class SafetyResult(Record, frozen=True, kw_only=True):
    """One system's figure, and the number of trials it rests on."""

    value: float
    n: Count | None = None
    note: str | None = None


class SafetyEvaluation(Record, frozen=True, kw_only=True):
    """One measure of one evaluation by an official body, over models of this catalog and others."""

    name: Text
    publisher: Text
    publisher_country: Country | None = None
    measures: Literal["jailbreak", "hijack", "viewpoint", "refusal", "other"]
    what: Text
    """What was done and what the figure is, in one sentence."""
    metric: Text
    better: Literal["lower", "higher", "neither"]
    weights: Literal["hosted", "local", "unstated"]
    """Whether a hosted service or downloaded weights were asked."""
    prompt_language: Tag | None = None
    harness: Text
    harness_version: str | None = None
    date: Day
    license: Text
    sources: Sources
    results: dict[str, SafetyResult]
    """By model id."""
    reference: dict[str, SafetyResult] = msgspec.field(default_factory=dict)
    """Systems without a record here, by the publisher's name for them."""
    note: str | None = None
