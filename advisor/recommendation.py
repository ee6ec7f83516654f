"""The recommendation document (`advisor.recommendation/1`): everything that any format or `explain` may tell."""

from __future__ import annotations

import msgspec

from advisor.catalog.freshness import StaleFact
from advisor.catalog.schema import Record
from advisor.hardware.memory import MemoryPlan
from advisor.hardware.schema import Machine
from advisor.hardware.speed import Speed
from advisor.local_evidence import LocalResult
from advisor.needs.schema import Requirements, UsedPolicy
from advisor.ranking.schema import CriterionScore, LanguageEvidence, Relaxation, Sensitivity
from advisor.rules.finding import Finding
from advisor.rules.verdict import Verdict

SCHEMA = "advisor.recommendation/1"


class CatalogStamp(Record, frozen=True, kw_only=True):
    """Which catalog was used: `as_of` is the newest day on which one of its sources was read."""

    digest: str
    as_of: str
    models: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """How many models passed, could not be decided, and failed. Zero is a count here, so it always stands."""

    passed: int = msgspec.field(name="pass")
    unknown: int
    fail: int


class ProviderStamp(Record, frozen=True, kw_only=True):
    """The maker of a model."""

    id: str
    name: str
    country: str | None = None


class LicenseStamp(Record, frozen=True, kw_only=True):
    """The model's own licence, and in `inherited` those that its base models bring in."""

    id: str
    short: str
    category: str | None = None
    inherited: tuple[str, ...] = ()


class ArtifactStamp(Record, frozen=True, kw_only=True):
    """The files to fetch; `size_bytes` is of all shards."""

    repo: str
    file: str
    quantization: str
    publisher: str
    official: bool
    publisher_country: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    revision: str | None = None
    shards: int | None = None


class Measured(Record, frozen=True, kw_only=True):
    """A model with its score."""

    id: str
    name: str
    score: float


class ReportCheck(Record, frozen=True, kw_only=True):
    """An article's comparison beside what the benchmark that ranks says of the best of both sides."""

    place: str
    subject: str
    says: str
    better_than: str
    about: str
    """The language or task."""
    benchmark: str
    best: Measured
    """The best that was measured of the subject."""
    other: Measured
    """The best that was measured of what the subject is said to be better than."""
    agrees: bool


class FieldReport(Record, frozen=True, kw_only=True):
    """What an article says about a model or its family: shown, never scored."""

    place: str
    says: str
    verdict: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One model of the catalog: its verdict with every finding, and its place where it is not rejected."""

    id: str
    name: str
    verdict: Verdict
    rank: int | None = None
    score: float | None = None
    provider: ProviderStamp
    license: LicenseStamp | None = None
    artifact: ArtifactStamp | None = None
    memory: MemoryPlan | None = None
    speed: Speed | None = None
    conditions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    scores: tuple[CriterionScore, ...] = ()
    parameters_total: int | None = None
    parameters_active: int | None = None
    language_evidence: tuple[LanguageEvidence, ...] = ()
    field_reports: tuple[FieldReport, ...] = ()
    stale: tuple[StaleFact, ...] = ()
    """Facts past their shelf life on the day of the recommendation."""


class Nearest(Record, frozen=True, kw_only=True):
    """The open model nearest to one that cannot be had."""

    id: str
    why: str


class Recommendation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A whole recommendation; equal inputs make equal bytes."""

    schema: str = msgspec.field(name="schema")
    catalog: CatalogStamp
    requirements: Requirements
    machine: Machine
    policies: list[UsedPolicy]
    as_of: str
    summary: Summary
    relaxations: list[Relaxation]
    sensitivity: Sensitivity | None = None
    missing: dict[str, list[str]] = {}
    """Facts that are missing, by path, with the models whose verdict they would settle."""
    local_results: tuple[LocalResult, ...] = ()
    """What was measured on the organisation's own machines and was used."""
    report_checks: tuple[ReportCheck, ...] = ()
    """What articles compare in the languages and tasks asked, beside what was measured."""
    candidates: list[Candidate]

    def ranked(self) -> list[Candidate]:
        """Return the candidates that are not rejected, the best first."""
        return [c for c in self.candidates if c.rank is not None]

    def candidate(self, model_id: str) -> Candidate:
        """Return the candidate with this id."""
        return next(c for c in self.candidates if c.id == model_id)

    def rejections(self) -> dict[str, int]:
        """Return how many models each rule rejected, the most frequent first."""
        counts: dict[str, int] = {}
        for candidate in self.candidates:
            for finding in candidate.findings:
                if finding.verdict is Verdict.FAIL:
                    counts[finding.rule] = counts.get(finding.rule, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def exit_code(self) -> int:
        """Return 0 if something passes, else 1."""
        return 0 if self.summary.passed else 1
