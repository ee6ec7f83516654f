"""Models side by side: facts, findings, scores, memory, speed, all from one recommendation."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from advisor.catalog.load import Catalog
from advisor.hardware.schema import Machine
from advisor.needs.schema import Requirements, UsedPolicy
from advisor.recommendation import Candidate, CatalogStamp, Recommendation
from advisor.rules.verdict import Verdict

SCHEMA = "advisor.comparison/1"


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Facts of a model that no requirement asked for."""

    released: str | None = None
    context_native: int | None = None
    languages: int | None = None
    reasoning: str | None = None
    gated: bool | None = None
    downloads: int | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Candidates in the order in which they were named."""

    schema: str = msgspec.field(name="schema")
    catalog: CatalogStamp
    requirements: Requirements
    machine: Machine
    policies: list[UsedPolicy]
    as_of: str
    candidates: tuple[Candidate, ...]
    facts: dict[str, ModelFacts]

    @property
    def exit_code(self) -> int:
        """Return 0 if one of them passes, else 1."""
        return 0 if any(c.verdict is Verdict.PASS for c in self.candidates) else 1


def compare(document: Recommendation, model_ids: Sequence[str], catalog: Catalog) -> Comparison:
    """Take the models named out of a recommendation."""
    return Comparison(
        schema=SCHEMA,
        catalog=document.catalog,
        requirements=document.requirements,
        machine=document.machine,
        policies=document.policies,
        as_of=document.as_of,
        candidates=tuple(document.candidate(model_id) for model_id in dict.fromkeys(model_ids)),
        facts={model_id: _facts(model_id, catalog) for model_id in model_ids},
    )


def _facts(model_id: str, catalog: Catalog) -> ModelFacts:
    model = catalog.models[model_id]
    return ModelFacts(
        released=model.released.date if model.released else None,
        context_native=model.context.native if model.context else None,
        languages=(len(model.languages.tags) or model.languages.count) if model.languages else None,
        reasoning=model.reasoning.mode if model.reasoning else None,
        gated=model.gated.value if model.gated else None,
        downloads=model.popularity.downloads if model.popularity else None,
    )
