"""Facts past their shelf life: which they are on a day, and a catalog that does without them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from advisor.catalog.schema import Model, Record, ShelfLives
from advisor.catalog.snapshot import Snapshot

GROUPS = (
    "availability", "released", "license", "lineage", "parameters", "architecture", "context", "languages", "tasks",
    "modalities", "reasoning", "gated", "chat_template", "training", "artifacts", "popularity",
)  # fmt: skip
EVIDENCE = ("benchmarks", "safety")
FACTS = frozenset((*GROUPS, *EVIDENCE))
"""Every kind of fact that has a shelf life: the groups of a model, and results about it."""


class StaleFact(Record, frozen=True, kw_only=True):
    """A fact that was last read or measured longer ago than its kind stands."""

    fact: str
    """A fact group, or `benchmarks: ID`, `safety: ID`."""
    known: str
    """The day on which it was read or measured."""
    stands: int
    """For how many days its kind stands."""


class Freshness:
    """What of a catalog is past its shelf life on one day."""

    def __init__(self, snapshot: Snapshot, as_of: str) -> None:
        self.snapshot = snapshot
        self.as_of = as_of
        today = date.fromisoformat(as_of)
        self.days = _days(snapshot.shelf_life)
        self.since = {fact: (today - timedelta(days=days)).isoformat() for fact, days in self.days.items()}
        """By kind of fact that ages: the day since which it has to have been read or measured."""

    def stale(self, model_id: str) -> tuple[StaleFact, ...]:
        """Return what is past its shelf life of a model and of the evidence about it."""
        if self.as_of <= self.snapshot.fresh_until:
            return ()
        model = self.snapshot.models[model_id]
        old = [(group, group, day) for group, day in self._old_groups(model).items()]
        for kind in EVIDENCE:
            for record_id, record in getattr(self.snapshot, kind).items():
                if record.date < self.since.get(kind, "") and model_id in record.results:
                    old.append((kind, f"{kind}: {record_id}", record.date))
        return tuple(StaleFact(fact=told, known=day, stands=self.days[kind]) for kind, told, day in old)

    def fresh(self) -> Snapshot:
        """Return the catalog in which stale facts are unknown; whether there are weights is told all the same."""
        models = {model_id: self._fresh(model) for model_id, model in self.snapshot.models.items()}
        evidence = {kind: self._recent(kind) for kind in EVIDENCE}
        return msgspec.structs.replace(self.snapshot, models=models, **evidence)

    def _old_groups(self, model: Model) -> dict[str, str]:
        """Return the stale groups of a model with the days on which they were known."""
        known = {group: _known(model, group) for group in self.since if group in GROUPS}
        return {group: day for group, day in known.items() if "" < day < self.since[group]}

    def _fresh(self, model: Model) -> Model:
        old = self._old_groups(model).keys() - {"availability"}
        gone: dict[str, Any] = {group: () if group == "artifacts" else None for group in old}
        return msgspec.structs.replace(model, **gone) if gone else model

    def _recent(self, kind: str) -> dict[str, Any]:
        since = self.since.get(kind, "")
        return {name: record for name, record in getattr(self.snapshot, kind).items() if record.date >= since}


def _days(tables: Mapping[str, ShelfLives]) -> dict[str, int]:
    """Return for how many days a fact stands, by kinds that age; a later table stands over an earlier one."""
    lives = {fact: life for table in tables.values() for fact, life in table.facts.items()}
    return {fact: life.days for fact, life in lives.items() if life.days}


def fresh_until(records: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the last day on which no fact of records, by kind and id, is past its shelf life."""
    days = _days(records["shelf_life"])
    models = records["models"].values()
    known = {(day, days[g]) for g in GROUPS if g in days for model in models if (day := _known(model, g))}
    known |= {(r.date, days[kind]) for kind in EVIDENCE if kind in days for r in records[kind].values()}
    last = min((date.fromisoformat(day) + timedelta(days=stands) for day, stands in known), default=date.max)
    return last.isoformat()


def _known(model: Model, group: str) -> str:
    """Return the day on which a group was measured, or the newest on which a source was read; empty if it is absent."""
    fact = getattr(model, group)
    if group == "popularity":
        return fact.date if fact else ""
    parts = fact if group == "artifacts" else (fact,)
    return max((source.accessed for part in parts if part for source in part.sources), default="")
