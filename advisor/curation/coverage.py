"""How much of what a record should say is known, fact by fact, and which models lack it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from advisor.catalog.load import Catalog
from advisor.catalog.schema import Model

SCHEMA = "advisor.coverage/1"
_TEXT_TASKS = frozenset({"chat", "code", "reasoning", "summarization", "translation", "extraction", "tool-use"})


class _Fact(NamedTuple):
    """A fact to cover: the share of open text models (percent) that must have it, and how to tell."""

    floor: int
    known: Callable[[Model, Catalog], bool]
    kind: Callable[[Model], str] | None = None
    """Where some ways of knowing are worth more than others: which one it is."""


def _has(name: str) -> Callable[[Model, Catalog], bool]:
    return lambda model, catalog: bool(getattr(model, name))


def _shape(model: Model, catalog: Catalog) -> bool:
    """Everything that the memory formulas ask for."""
    shape = model.architecture
    return bool(shape and shape.cache and shape.hidden_size and shape.vocabulary_size)


def _languages(model: Model, catalog: Catalog) -> bool:
    """A list in the maker's words or its card's tags, a mere count, or the finding that the maker names none."""
    told = model.languages
    return bool(told and (told.tags or told.card_tags or told.count or told.silent))


def _language_kind(model: Model) -> str:
    """How the languages are known, the strongest way first."""
    told = model.languages
    if told and told.tags:
        return "a list of the maker"
    if told and told.count:
        return "only a count of the maker"
    return "only tags of a card or host" if told and told.card_tags else "a maker that names none"


FACTS: Mapping[str, _Fact] = {
    "licence": _Fact(100, _has("license")),
    "provider": _Fact(100, lambda model, catalog: model.provider in catalog.providers),
    "country": _Fact(100, lambda model, catalog: bool(catalog.providers[model.provider].country)),
    "parameters": _Fact(100, _has("parameters")),
    "context": _Fact(100, _has("context")),
    "tasks": _Fact(100, _has("tasks")),
    "architecture": _Fact(95, _shape),
    "release date": _Fact(90, _has("released")),
    "languages": _Fact(90, _languages, _language_kind),
    "artifact": _Fact(85, _has("artifacts")),
    "gating": _Fact(60, _has("gated")),
    "artifact size": _Fact(40, lambda m, c: any(file.size_bytes for repo in m.artifacts for file in repo.files)),
}
"""What is counted, in the order in which it is told."""


class FactCoverage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact over all open text models: how many have it, the floor in percent, and who lacks it."""

    fact: str
    known: int
    floor: int
    met: bool
    missing: list[str]
    kinds: dict[str, int] | None = None
    """For languages: how many models are known in which way."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """The coverage of a catalog (`advisor.coverage/1`)."""

    schema: str = msgspec.field(name="schema")
    digest: str
    as_of: str
    models: int
    """Open text models: what the shares are of."""
    facts: list[FactCoverage]

    @property
    def exit_code(self) -> int:
        """Return 0 where every floor is met, else 1."""
        return 0 if all(fact.met for fact in self.facts) else 1


def coverage(catalog: Catalog) -> Coverage:
    """Count the facts of the open text models: open weights, text in and out."""
    counted = {model_id: model for model_id, model in catalog.models.items() if is_open_text(model)}
    return Coverage(
        schema=SCHEMA,
        digest=catalog.snapshot.digest,
        as_of=catalog.snapshot.as_of,
        models=len(counted),
        facts=[_covered(name, fact, counted, catalog) for name, fact in FACTS.items()],
    )


def is_open_text(model: Model) -> bool:
    """Say whether anyone can download the model and it reads and writes text, as far as is recorded."""
    if model.availability.weights != "open":
        return False
    if model.modalities:
        return "text" in model.modalities.inputs and "text" in model.modalities.outputs
    return model.tasks is None or not _TEXT_TASKS.isdisjoint(model.tasks.names)


def _covered(name: str, fact: _Fact, counted: Mapping[str, Model], catalog: Catalog) -> FactCoverage:
    missing = [model_id for model_id, model in counted.items() if not fact.known(model, catalog)]
    known = [model for model_id, model in counted.items() if model_id not in missing]
    return FactCoverage(
        fact=name,
        known=len(known),
        floor=fact.floor,
        met=100 * len(known) >= fact.floor * len(counted),
        missing=missing,
        kinds=dict(Counter(map(fact.kind, known)).most_common()) if fact.kind else None,
    )
