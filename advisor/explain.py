"""Why one model passes, fails or cannot be decided: read from a recommendation, with what would change it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from advisor.catalog.load import Catalog
from advisor.catalog.schema import Disagreement, Model, Record, Source
from advisor.hardware.schema import Machine
from advisor.local_evidence import LocalResult
from advisor.needs.schema import Requirements, UsedPolicy
from advisor.ranking.relax import changes_for
from advisor.ranking.schema import Relaxation
from advisor.recommendation import Candidate, CatalogStamp, Nearest, Recommendation
from advisor.rules.evaluate import judge, prepare
from advisor.rules.verdict import Verdict

SCHEMA = "advisor.explanation/1"


class SafetyFigure(Record, frozen=True, kw_only=True):
    """What an official body measured of the model's behaviour: a fact beside the verdict, never part of it."""

    evaluation: str
    publisher: str
    measures: str
    metric: str
    better: str
    value: float
    lowest: float
    highest: float
    """The range over all systems of the same evaluation."""
    systems: int
    weights: str
    prompt_language: str | None = None
    date: str
    note: str | None = None
    sources: tuple[Source, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One candidate of a recommendation, with its place and what would change its verdict."""

    schema: str = msgspec.field(name="schema")
    catalog: CatalogStamp
    requirements: Requirements
    machine: Machine
    policies: list[UsedPolicy]
    as_of: str
    ranked: int
    candidate: Candidate
    local_results: tuple[LocalResult, ...] = ()
    """What was measured of it on the organisation's own machines."""
    description: str | None = None
    articles: tuple[str, ...] = ()
    changes: tuple[Relaxation, ...] = ()
    """Smallest changes of the requirements after which it passes."""
    missing: tuple[str, ...] = ()
    """Facts that would settle what is unknown."""
    disagreements: tuple[Disagreement, ...] = ()
    """Facts on which sources differ, with the values that are not used."""
    safety: tuple[SafetyFigure, ...] = ()
    nearest: tuple[Nearest, ...] = ()
    """Open models to take in the place of one that cannot be had."""

    @property
    def exit_code(self) -> int:
        """Return 0 if the model passes, else 1."""
        return 0 if self.candidate.verdict is Verdict.PASS else 1


def explain(document: Recommendation, model_id: str, catalog: Catalog) -> Explanation:
    """Take one model out of a recommendation and say what would change its verdict."""
    candidate = document.candidate(model_id)
    model = catalog.models[model_id]
    need = prepare(document.requirements, catalog, document.machine, document.policies, document.local_results)
    judged = judge(need, model_id)
    return Explanation(
        schema=SCHEMA,
        catalog=document.catalog,
        requirements=document.requirements,
        machine=document.machine,
        policies=document.policies,
        as_of=document.as_of,
        ranked=len(document.ranked()),
        candidate=candidate,
        local_results=tuple(r for r in document.local_results if r.model == model_id),
        description=model.description,
        articles=tuple(catalog.articles_naming(model_id)),
        changes=tuple(changes_for(judged, need)) if candidate.verdict is not Verdict.PASS else (),
        missing=tuple(dict.fromkeys(path for f in candidate.findings for path in f.missing)),
        disagreements=model.disagreements,
        safety=tuple(_figures(model_id, catalog)),
        nearest=_nearest(document, model, catalog) if model.availability.weights != "open" else (),
    )


def _figures(model_id: str, catalog: Catalog) -> Iterator[SafetyFigure]:
    for _, evaluation, result in catalog.safety.get(model_id, ()):
        values = [r.value for r in (*evaluation.results.values(), *evaluation.reference.values())]
        yield SafetyFigure(
            evaluation=evaluation.name, publisher=evaluation.publisher, measures=evaluation.measures,
            metric=evaluation.metric, better=evaluation.better, value=result.value, lowest=min(values),
            highest=max(values), systems=len(values), weights=evaluation.weights,
            prompt_language=evaluation.prompt_language, date=evaluation.date, note=result.note,
            sources=evaluation.sources,
        )  # fmt: skip


def _nearest(document: Recommendation, model: Model, catalog: Catalog) -> tuple[Nearest, ...]:
    """Return the best open model of the same maker, if there is one, and the first of the ranking."""
    found: dict[str, str] = {}
    own = [c for c in document.candidates if c.provider.id == model.provider and _is_open(c, catalog)]
    if own:
        best = min(own, key=lambda c: (c.rank or len(document.candidates), -(c.parameters_total or 0), c.id))
        place = f"rank {best.rank}" if best.rank else "though it does not pass here"
        found[best.id] = f"the same maker's open model ({place})"
    ranked = document.ranked()
    if ranked:
        found.setdefault(ranked[0].id, "the first of the ranking for these requirements")
    return tuple(Nearest(id=model_id, why=why) for model_id, why in found.items())


def _is_open(candidate: Candidate, catalog: Catalog) -> bool:
    return catalog.models[candidate.id].availability.weights == "open"
