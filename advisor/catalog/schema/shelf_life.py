"""How long a kind of fact stands after it was last read."""

from typing import Annotated

from msgspec import Meta

from advisor.catalog.schema.source import Record, Text


class ShelfLife(Record, frozen=True, kw_only=True):
    """Days for which a fact stands after the day it was read or measured on; without days it does not age."""

    days: Annotated[int, Meta(gt=0, le=36525)] | None = None
    """A hundred years at most."""
    why: Text


class ShelfLives(Record, frozen=True, kw_only=True):
    """The shelf life of every kind of fact."""

    name: Text
    facts: dict[str, ShelfLife]
    """By fact group of a model (`license`, `gated` …), or `benchmarks` and `safety` for results."""
