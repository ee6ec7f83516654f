"""The use case: requirements, catalog and machine in, one immutable recommendation out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from advisor.catalog.freshness import Freshness
from advisor.catalog.load import Catalog
from advisor.field_reports import checks, reports
from advisor.hardware.memory import MemoryPlan
from advisor.hardware.schema import Machine
from advisor.local_evidence import LocalResult
from advisor.needs.schema import Requirements, UsedPolicy
from advisor.ranking.criteria import Value, language_evidence
from advisor.ranking.relax import relaxations
from advisor.ranking.score import order_key, told, total, values, weights
from advisor.ranking.sensitivity import sensitivity
from advisor.recommendation import (
    SCHEMA,
    ArtifactStamp,
    Candidate,
    CatalogStamp,
    FieldReport,
    LicenseStamp,
    ProviderStamp,
    Recommendation,
    Summary,
)
from advisor.rules.evaluate import Judged, evaluate, prepare
from advisor.rules.subject import Need
from advisor.rules.verdict import FAIL, PASS, UNKNOWN


class _Beside(msgspec.Struct, frozen=True, gc=False):
    """What is told of models beside their verdicts."""

    freshness: Freshness
    reports: dict[str, list[FieldReport]]

    def reports_on(self, model_id: str, catalog: Catalog) -> tuple[FieldReport, ...]:
        """Return what the articles say of the quality of a model, its family or that family's parents."""
        subjects = catalog.subjects_of(model_id)
        return tuple(report for subject in subjects for report in self.reports.get(subject, ()))


def recommend(
    requirements: Requirements,
    catalog: Catalog,
    machine: Machine,
    policies: Sequence[UsedPolicy] = (),
    local: tuple[LocalResult, ...] = (),
) -> Recommendation:
    """Judge every model of the catalog, rank what is not rejected, and say how firm and why.

    `local` is what was measured on the organisation's own machines, the newest last.
    """
    need = prepare(requirements, catalog, machine, policies, local)
    as_of = requirements.as_of or catalog.snapshot.as_of
    beside = _Beside(Freshness(catalog.snapshot, as_of), reports(catalog))
    judged = sorted(evaluate(need), key=lambda j: j.subject.id)
    shares = weights(need)
    scored = [(j, values(j, need)) for j in judged if j.verdict is not FAIL]
    scored.sort(key=lambda row: order_key(row[0], total(row[1], shares)))
    passing = [row for row in scored if row[0].verdict is PASS]
    ranked = [_candidate(j, need, beside, rank, found, shares) for rank, (j, found) in enumerate(scored, 1)]
    rejected = [_candidate(j, need, beside) for j in judged if j.verdict is FAIL]
    counts = {verdict: sum(j.verdict is verdict for j in judged) for verdict in (PASS, UNKNOWN, FAIL)}
    return Recommendation(
        schema=SCHEMA,
        catalog=CatalogStamp(digest=catalog.snapshot.digest, as_of=catalog.snapshot.as_of, models=len(catalog.models)),
        requirements=requirements,
        machine=machine,
        policies=list(policies),
        as_of=as_of,
        summary=Summary(passed=counts[PASS], unknown=counts[UNKNOWN], fail=counts[FAIL]),
        relaxations=relaxations(judged, need),
        sensitivity=sensitivity(passing or scored, shares),
        missing=_missing(j for j, _ in scored),
        local_results=local,
        report_checks=checks(need),
        candidates=ranked + rejected,
    )


def _missing(judged: Iterable[Judged]) -> dict[str, list[str]]:
    """Return which missing facts leave models undecided, those that settle most models first."""
    found: dict[str, list[str]] = {}
    for j in judged:
        for path in dict.fromkeys(path for finding in j.findings for path in finding.missing):
            found.setdefault(path, []).append(j.subject.id)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _candidate(
    judged: Judged,
    need: Need,
    beside: _Beside,
    rank: int | None = None,
    found: dict[str, Value] | None = None,
    shares: dict[str, float] | None = None,
) -> Candidate:
    subject = judged.subject
    provider = need.catalog.providers[subject.model.provider]
    scores = told(found, shares) if found and shares else ()
    parameters = subject.model.parameters
    return Candidate(
        id=subject.id,
        name=subject.model.name,
        verdict=judged.verdict,
        rank=rank,
        score=total(found, shares) if found and shares else None,
        provider=ProviderStamp(id=subject.model.provider, name=provider.name, country=provider.country),
        license=_license(judged),
        artifact=_artifact(judged, need),
        memory=_memory(judged, need),
        speed=judged.speed,
        conditions=tuple(dict.fromkeys(c for f in judged.findings for c in f.conditions)),
        findings=judged.findings,
        scores=scores,
        parameters_total=parameters.total if parameters else None,
        parameters_active=parameters.active if parameters else None,
        language_evidence=tuple(language_evidence(judged, need, tag)[0] for tag in need.requirements.lang if rank),
        stale=beside.freshness.stale(subject.id),
        field_reports=beside.reports_on(subject.id, need.catalog) if rank else (),
    )


def _license(judged: Judged) -> LicenseStamp | None:
    stated = judged.subject.model.license
    if stated is None:
        return None
    own = {stated.id, *stated.also}
    terms = {t.id: t for t in judged.subject.chain.terms}
    record = terms[stated.id].license
    return LicenseStamp(
        id=stated.id,
        short=record.short if record else stated.id,
        category=record.category if record else None,
        inherited=tuple(t for t in terms if t not in own) + tuple(stated.also),
    )


def _artifact(judged: Judged, need: Need) -> ArtifactStamp | None:
    offer = judged.offer
    if offer is None:
        return None
    return ArtifactStamp(
        repo=offer.repository.repo,
        file=offer.file.file,
        quantization=offer.file.quantization,
        publisher=offer.publisher,
        official=offer.official,
        publisher_country=need.catalog.providers[offer.publisher].country,
        size_bytes=offer.file.size_bytes,
        sha256=offer.file.sha256,
        revision=offer.repository.revision,
        shards=offer.file.shards if offer.file.shards > 1 else None,
    )


def _memory(judged: Judged, need: Need) -> MemoryPlan | None:
    """Return the plan with the budget of the place where it fits, or of the largest."""
    if judged.plan is None:
        return None
    fits = judged.offer.engine if judged.offer else None
    budgets = [fits.budget_bytes] if fits else [engine.budget_bytes for engine in need.engines]
    return msgspec.structs.replace(judged.plan, budget_bytes=max(budgets)) if budgets else judged.plan
