"""What the articles report from the field, beside what was measured: shown, never scored."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.load import Catalog
from advisor.catalog.schema import Claim
from advisor.recommendation import FieldReport, Measured, ReportCheck
from advisor.rules.evidence import covers, voice
from advisor.rules.subject import Need

_QUALITY = frozenset({"language-quality", "politeness", "performance", "use-case"})
"""The attributes of claims that speak of a model's quality."""
_COMPARABLE = frozenset({"language-quality", "performance"})
"""Those that a benchmark can speak to; none here measures politeness."""


def reports(catalog: Catalog) -> dict[str, list[FieldReport]]:
    """Return by subject what the articles say of quality."""
    found: dict[str, list[FieldReport]] = {}
    for place, claim in _claims(catalog):
        if claim.attribute in _QUALITY:
            report = FieldReport(place=place, says=claim.says, verdict=claim.verdict)
            found.setdefault(claim.subject, []).append(report)
    return found


def checks(need: Need) -> tuple[ReportCheck, ...]:
    """Return the articles' comparisons in what is asked, where the benchmark that ranks measured both sides."""
    asked = need.requirements
    return tuple(
        found
        for place, claim in _claims(need.catalog)
        if claim.better_than and claim.attribute in _COMPARABLE
        for about in (*asked.lang, *asked.task)
        if about in claim.tasks or (claim.language and covers(claim.language, about))
        if (found := _check(place, claim, claim.better_than, about, need))
    )


def _claims(catalog: Catalog) -> Iterator[tuple[str, Claim]]:
    for article in catalog.snapshot.articles.values():
        for claim in article.claims:
            yield f"{article.number}#{claim.paragraph}", claim


def _check(place: str, claim: Claim, than: str, about: str, need: Need) -> ReportCheck | None:
    harness = need.harnesses.get(("independent", about))
    best, other = (_best(subject, harness, need.catalog) for subject in (claim.subject, than))
    if harness is None or best is None or other is None:
        return None
    return ReportCheck(
        place=place, subject=claim.subject, says=claim.says, better_than=than, about=about,
        benchmark=need.catalog.snapshot.benchmarks[harness].name, best=best, other=other,
        agrees=best.score > other.score,
    )  # fmt: skip


def _best(subject: str, harness: str | None, catalog: Catalog) -> Measured | None:
    """Return the best model of a subject in a benchmark, by an independent voice."""
    benchmark = catalog.snapshot.benchmarks.get(harness or "")
    found = [
        Measured(id=model_id, name=catalog.models[model_id].name, score=result.score)
        for model_id, result in (benchmark.results.items() if benchmark else ())
        if benchmark and voice(benchmark, catalog.models[model_id]) == "independent" and _is(subject, model_id, catalog)
    ]
    return max(found, key=lambda measured: measured.score, default=None)


def _is(subject: str, model_id: str, catalog: Catalog) -> bool:
    """Say whether a model belongs to a subject: `model:ID`, `family:ID`, `provider:ID` or `country:CC`."""
    kind, _, name = subject.partition(":")
    provider = catalog.models[model_id].provider
    if kind == "provider":
        return provider == name
    if kind == "country":
        return catalog.providers[provider].country == name
    return subject in catalog.subjects_of(model_id)
