"""Unknowns that are unknown by age alone: the fact is recorded, but past its shelf life."""

from __future__ import annotations

import msgspec

from advisor.catalog.freshness import Freshness
from advisor.rules.finding import Finding
from advisor.rules.verdict import UNKNOWN


class Aged:
    """Tells which of the facts that a finding lacks are only too old."""

    def __init__(self, freshness: Freshness) -> None:
        self._freshness = freshness
        self._stale: dict[str, frozenset[str]] = {}

    def told(self, finding: Finding, model_id: str) -> Finding:
        """Return a finding about a model; an unknown says so where a fact it lacks is recorded but stale."""
        if finding.verdict is not UNKNOWN:
            return finding
        old = [place for place in finding.missing if self._is_old(place, model_id)]
        if not old:
            return finding
        return msgspec.structs.replace(finding, reason=f"recorded, but past the shelf life: {', '.join(old)}")

    def _is_old(self, place: str, model_id: str) -> bool:
        """Say so of `tasks`, `context.native`, or `models/ORG/NAME.license` of an ancestor."""
        if place.startswith("models/"):
            model_id, _, group = place.removeprefix("models/").rpartition(".")
        else:
            group = place.split(".", 1)[0]
        if model_id not in self._stale:
            known = model_id in self._freshness.snapshot.models
            facts = self._freshness.stale(model_id) if known else ()
            self._stale[model_id] = frozenset(fact.fact for fact in facts)
        return group in self._stale[model_id]
