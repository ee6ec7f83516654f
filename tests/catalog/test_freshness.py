"""Shelf lives: what is stale on which day, and a catalog that does without it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from advisor.catalog import schema
from advisor.catalog.freshness import EVIDENCE, FACTS, GROUPS, Freshness
from advisor.rules.verdict import UNKNOWN

MODEL = "maker/model"
SAFETY = {
    "name": "Hijack", "publisher": "An institute", "measures": "hijack", "what": "w", "metric": "share",
    "better": "lower", "weights": "local", "harness": "h", "date": "2026-06-01", "license": "MIT",
    "results": {MODEL: {"value": 0.1}},
}  # fmt: skip


def stale(made: Any, as_of: str, days: dict[str, int], **kinds: Any) -> list[tuple[str, str, int]]:
    catalog = made.catalog(shelf_life=days, **kinds)
    return [(f.fact, f.known, f.stands) for f in Freshness(catalog.snapshot, as_of).stale(MODEL)]


def test_every_fact_group_of_a_model_has_a_shelf_life() -> None:
    sourced = {
        field.name
        for field in msgspec.structs.fields(schema.Model)
        if field.name == "availability" or field.default in (None, ())
    }
    plain = {"description", "instruction_tuned", "aliases", "notes", "disagreements"}
    assert sourced - plain == set(GROUPS)
    assert set(GROUPS) | set(EVIDENCE) == FACTS


def test_the_shipped_table_names_every_kind(shipped: Any) -> None:
    (table,) = shipped.snapshot.shelf_life.values()
    assert set(table.facts) == FACTS


@pytest.mark.parametrize(("as_of", "found"), [("2026-11-11", []), ("2026-11-12", [("license", "2026-11-01", 10)])])
def test_a_fact_stands_through_its_last_day(as_of: str, found: list[Any], made: Any) -> None:
    read = msgspec.structs.replace(made.sources[0], accessed="2026-11-01")
    model = made.model(license=schema.LicenseTerms(id="Free", sources=(read,)))
    assert stale(made, as_of, {"license": 10}, models=model) == found


def test_the_newest_reading_counts(made: Any) -> None:
    old, new = (msgspec.structs.replace(made.sources[0], accessed=day) for day in ("2025-01-01", "2026-11-01"))
    model = made.model(license=schema.LicenseTerms(id="Free", sources=(old, new)))
    assert stale(made, "2026-11-05", {"license": 10}, models=model) == []


def test_popularity_ages_from_the_day_it_was_counted(made: Any) -> None:
    assert stale(made, "2026-11-30", {"popularity": 10}) == [("popularity", "2026-11-01", 10)]


def test_results_age_from_the_day_of_the_run(made: Any) -> None:
    kinds = {
        "benchmarks": {"bench": made.benchmark({MODEL: 50}), "other": made.benchmark({})},
        "safety": {"hijack": msgspec.convert(SAFETY | {"sources": made.sources}, schema.SafetyEvaluation)},
    }
    told = stale(made, "2027-06-01", {"benchmarks": 100, "safety": 200}, **kinds)
    assert told == [("benchmarks: bench", "2026-06-01", 100), ("safety: hijack", "2026-06-01", 200)]


def test_what_does_not_age_never_is_stale(made: Any) -> None:
    assert stale(made, "2099-01-01", {}) == []


def test_fresh_makes_stale_facts_unknown_and_leaves_the_others(made: Any) -> None:
    days = {"license": 10, "artifacts": 10, "availability": 10, "benchmarks": 10}
    catalog = made.catalog(shelf_life=days, benchmarks={"bench": made.benchmark({MODEL: 50})})
    fresh = catalog.fresh("2030-01-01")
    model = fresh.models[MODEL]
    assert (model.license, model.artifacts, fresh.snapshot.benchmarks) == (None, (), {})
    assert model.availability == catalog.models[MODEL].availability
    assert model.context == catalog.models[MODEL].context
    assert fresh.snapshot.digest == catalog.snapshot.digest


def test_a_stale_licence_is_undecided_where_asked(made: Any) -> None:
    asks = {"license": ("Free",), "as_of": "2030-01-01"}
    days = {"license": 10}
    assert made.recommended(asks=asks, shelf_life=days).candidates[0].verdict.value == "pass"
    document = made.recommended(asks=asks | {"fresh": True}, shelf_life=days)
    assert document.candidates[0].verdict is UNKNOWN
    assert [fact.fact for fact in document.candidates[0].stale] == ["license"]
    told = {finding.rule: finding.reason for finding in document.candidates[0].findings}
    assert told["license"] == f"recorded, but past the shelf life: models/{MODEL}.license"
