"""One record of the catalog, found by any of its names, with the layer that each fact comes from."""

from __future__ import annotations

from typing import Any

import msgspec

from advisor.catalog.compile import FAMILY_FACTS
from advisor.catalog.load import Catalog
from advisor.errors import UnknownNameError

SCHEMA = "advisor.record/1"
_KINDS = ("families", "providers", "licenses", "benchmarks", "safety", "shelf_life", "hardware", "quantizations",
          "policies", "articles")  # fmt: skip


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One result about a model: in a benchmark, or in an evaluation by an official body."""

    kind: str
    id: str
    score: float
    date: str


class Shown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record as it holds after families and overlays; `layers` tells where a fact group was stated."""

    schema: str = msgspec.field(name="schema")
    kind: str
    id: str
    record: dict[str, Any]
    layers: dict[str, str] = {}
    evidence: list[Evidence] = []
    articles: list[str] = []


def find(catalog: Catalog, name: str) -> Shown:
    """Return the record called `name`, models first.

    Raises:
        UnknownNameError: with the nearest names.
    """
    try:
        model_id = catalog.find_model(name)
    except UnknownNameError:
        return _other(catalog, name)
    model = catalog.models[model_id]
    family = catalog.snapshot.families[model.family]
    layers = {
        f: f"family {model.family}"
        for f in FAMILY_FACTS
        if getattr(family, f) and getattr(family, f) == getattr(model, f)
    }
    layers |= catalog.layers.get("models", {}).get(model_id, {})
    return Shown(
        schema=SCHEMA, kind="model", id=model_id, record=msgspec.to_builtins(model), layers=layers,
        evidence=_evidence(model_id, catalog), articles=catalog.articles_naming(model_id),
    )  # fmt: skip


def _evidence(model_id: str, catalog: Catalog) -> list[Evidence]:
    measured = [("benchmark", i, result.score, b.date) for i, b, result in catalog.results.get(model_id, ())]
    measured += [("safety", i, result.value, e.date) for i, e, result in catalog.safety.get(model_id, ())]
    return [Evidence(kind=kind, id=name, score=score, date=day) for kind, name, score, day in measured]


def _aliases(record: Any) -> tuple[str, ...]:
    """Return the further names of a record, which a policy keeps as plain data."""
    return tuple(record.get("aliases", ()) if isinstance(record, dict) else getattr(record, "aliases", ()))


def _other(catalog: Catalog, name: str) -> Shown:
    names: dict[str, tuple[str, str]] = {}
    for kind in _KINDS:
        for record_id, record in getattr(catalog.snapshot, kind).items():
            for alias in (record_id, *_aliases(record)):
                names.setdefault(alias.casefold(), (kind, record_id))
    if name.casefold() not in names:
        known = [*catalog.names.values(), *(record_id for _, record_id in names.values())]
        raise UnknownNameError("record", name, known, "'advisor catalog list' prints all models.")
    kind, record_id = names[name.casefold()]
    record = msgspec.to_builtins(getattr(catalog.snapshot, kind)[record_id])
    layers = catalog.layers.get(kind, {}).get(record_id, {})
    return Shown(schema=SCHEMA, kind=kind, id=record_id, record=record, layers=layers)
