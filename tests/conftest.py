"""Tiny catalogs: one workshop that makes records whose every fact a test may replace or take away."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.catalog import schema
from advisor.catalog.compile import build
from advisor.catalog.freshness import FACTS
from advisor.catalog.load import Catalog, load
from advisor.catalog.schema.policy import Policy
from advisor.hardware.schema import Machine
from advisor.needs.policies import load_policies
from advisor.needs.schema import Requirements
from advisor.needs.units import parse_size
from advisor.recommend import recommend
from advisor.recommendation import Recommendation
from advisor.rules.evaluate import Judged, judge, prepare
from advisor.rules.finding import Finding
from advisor.rules.subject import Need

SUBJECT = "maker/model"
DIGEST = "0" * 64
LOSSES = {
    "F32": 0.0, "F16": 0.002, "Q8_0": 0.003, "Q6_K": 0.02, "Q5_K_M": 0.06, "Q4_K_M": 0.18, "Q4_0": 0.47, "Q2_K": 3.5,
}  # fmt: skip
SOURCE = schema.Source(ref="https://example.org/card", accessed="2026-11-01", kind="card")
SHA256 = "a" * 64


class Workshop:
    """Makes models, licences, catalogs and judgements; without arguments everything is known and passes."""

    sources = (SOURCE,)
    subject = SUBJECT

    # --- facts --------------------------------------------------------------------------------------------

    def terms(self, name: str, *also: str) -> schema.LicenseTerms:
        """Return the statement that a model is under the licence `name`."""
        return schema.LicenseTerms(id=name, also=also, sources=self.sources)

    def from_scratch(self) -> schema.Lineage:
        return schema.Lineage(trained="own", sources=self.sources)

    def made_from(self, *bases: str) -> schema.Lineage:
        ancestors = tuple(schema.Ancestor(id=base, relation="finetune") for base in bases)
        return schema.Lineage(trained="derived", base_models=ancestors, sources=self.sources)

    def languages(self, *tags: str, **more: Any) -> schema.Languages:
        return schema.Languages(tags=tags, sources=self.sources, **more)

    def tasks(self, *names: str) -> schema.Tasks:
        return msgspec.convert({"names": names, "sources": self.sources}, schema.Tasks)

    def modalities(self, *inputs: str) -> schema.Modalities:
        facts = {"inputs": inputs, "outputs": ("text",), "sources": self.sources}
        return msgspec.convert(facts, schema.Modalities)

    def context(self, native: int, extended: int | None = None) -> schema.Context:
        return schema.Context(native=native, extended=extended, sources=self.sources)

    def parameters(self, total: int, active: int | None = None) -> schema.Parameters:
        return schema.Parameters(total=total, active=active, sources=self.sources)

    def gated(self, value: bool) -> schema.Gate:
        return schema.Gate(value=value, sources=self.sources)

    def availability(self, weights: str = "open", status: str = "active") -> schema.Availability:
        facts = {"weights": weights, "status": status, "sources": self.sources}
        return msgspec.convert(facts, schema.Availability)

    def architecture(self, **more: Any) -> schema.Architecture:
        """Return a small dense network with 8 layers of plain attention."""
        full = schema.FullAttention(layers=8, kv_heads=2, key_length=64, value_length=64)
        shape: dict[str, Any] = {
            "name": "llama", "layers": 8, "hidden_size": 512, "vocabulary_size": 32_000, "feed_forward": 2048,
            "tied_embeddings": True, "cache": (full,), "sources": self.sources,
        }  # fmt: skip
        return schema.Architecture(**(shape | more))

    def file(self, quantization: str = "Q4_K_M", size: str | None = "2.5GB", **more: Any) -> schema.ArtifactFile:
        facts = {"file": f"model-{quantization}.gguf", "sha256": SHA256, **more}
        return schema.ArtifactFile(quantization=quantization, size_bytes=parse_size(size) if size else None, **facts)

    def repository(self, *files: schema.ArtifactFile, repo: str = "maker/model-GGUF") -> schema.ArtifactRepository:
        return schema.ArtifactRepository(repo=repo, files=files or (self.file(),), sources=self.sources)

    # --- records ------------------------------------------------------------------------------------------

    def model(self, **facts: Any) -> schema.Model:
        """Return a model about which everything is known, with `facts` in the place of its own."""
        known: dict[str, Any] = {
            "name": "Model",
            "family": "family",
            "provider": "maker",
            "availability": self.availability(),
            "instruction_tuned": True,
            "released": schema.Released(date="2026-05-01", sources=self.sources),
            "license": self.terms("Free"),
            "lineage": self.from_scratch(),
            "parameters": self.parameters(4_000_000_000),
            "architecture": self.architecture(),
            "context": self.context(32_768, 131_072),
            "languages": self.languages("en", "ja"),
            "tasks": self.tasks("chat", "code"),
            "modalities": self.modalities("text"),
            "gated": self.gated(False),
            "artifacts": (self.repository(),),
            "popularity": schema.Popularity(downloads=100_000, likes=10, date="2026-11-01", sources=self.sources),
        }
        return schema.Model(**(known | facts))

    def license(self, **facts: Any) -> schema.License:
        """Return a fully read permissive licence, with `facts` in the place of its own."""
        read = facts.pop("read", "full")
        limits = {name: (facts[name],) for name in ("monthly_users", "revenue") if isinstance(facts.get(name), dict)}
        known: dict[str, Any] = {
            "name": "Free licence",
            "short": "Free",
            "category": "permissive",
            "text": {"read": read, "url": "https://example.org/license", "sources": self.sources},
            "uses": dict.fromkeys(("internal", "customer-facing", "redistribute", "research"), "allowed"),
        }
        return msgspec.convert(msgspec.to_builtins(known | facts | limits), schema.License)

    def limit(self, above: int, then: str, says: str = "a limit", **more: Any) -> dict[str, Any]:
        return {"above": above, "then": then, "says": says, "clause": "1", **more}

    def excluding(self, *countries: str, modalities: Iterable[str] = ()) -> dict[str, Any]:
        return {"countries": countries, "says": "not there", "clause": "2", "modalities": tuple(modalities)}

    def duty(self, kind: str, *uses: str, says: str = "a duty") -> dict[str, Any]:
        return {"kind": kind, "says": says, "clause": "3", "uses": uses}

    def provider(self, country: str | None, *orgs: str) -> schema.Provider:
        return schema.Provider(name="A provider", country=country, hub_orgs=orgs, sources=self.sources)

    def benchmark(self, results: Mapping[str, float], **facts: Any) -> schema.Benchmark:
        """Return an independent benchmark of Japanese from 0 to 100 with its floor at 40 and its ceiling at 80."""
        known: dict[str, Any] = {
            "name": "Bench", "language": "ja", "publisher": "A university", "publisher_type": "independent",
            "harness": "h", "harness_version": "1", "date": "2026-06-01", "metric": "accuracy", "floor": 40.0,
            "ceiling": 80.0, "floor_why": "chance", "license": "MIT", "sources": self.sources,
            "results": {model: schema.Result(score=score) for model, score in results.items()},
        }  # fmt: skip
        return schema.Benchmark(**(known | facts))

    def shelf_lives(self, **days: int) -> schema.ShelfLives:
        """Return a table in which the facts named stand for so many days and the others do not age."""
        facts = {fact: schema.ShelfLife(days=days.get(fact), why="stated") for fact in sorted(FACTS)}
        return schema.ShelfLives(name="Shelf lives", facts=facts)

    def records(
        self,
        models: Mapping[str, schema.Model] | schema.Model | None = None,
        licenses: Mapping[str, schema.License] | None = None,
        providers: Mapping[str, schema.Provider] | None = None,
        benchmarks: Mapping[str, schema.Benchmark] | None = None,
        families: Mapping[str, schema.Family] | None = None,
        safety: Mapping[str, schema.SafetyEvaluation] | None = None,
        shelf_life: Mapping[str, int] | None = None,
        articles: Mapping[str, schema.Article] | None = None,
        policies: Mapping[str, Policy] | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Return records by kind and id; makers are `maker` (JP) and `other` (CN), `packer` uploads for others."""
        chosen = models if isinstance(models, Mapping) else {SUBJECT: models or self.model()}
        table = schema.QuantizationTable(
            name="Losses", metric="perplexity", reference_model="m", sources=self.sources,
            entries={name: schema.QuantizationLoss(increase=loss) for name, loss in LOSSES.items()},
        )  # fmt: skip
        gpu = schema.HardwareProfile(
            name="Card 24", vendor="nvidia", kind="gpu", memory_bytes=24 * 10**9, bandwidth=10**12,
            aliases=("card",), sources=self.sources,
        )  # fmt: skip
        return {
            "models": dict(chosen),
            "providers": {
                "maker": self.provider("JP", "maker"),
                "other": self.provider("CN", "other"),
                "packer": self.provider(None, "packer"),
                **(providers or {}),
            },
            "families": {"family": schema.Family(name="Family", provider="maker"), **(families or {})},
            "licenses": {"Free": self.license(), **(licenses or {})},
            "benchmarks": dict(benchmarks or {}),
            "safety": dict(safety or {}),
            "shelf_life": {"facts": self.shelf_lives(**(shelf_life or {}))},
            "hardware": {"card-24": gpu},
            "quantizations": {"gguf": table},
            "policies": dict(policies or {}),
            "questions": {},
            "articles": dict(articles or {}),
        }

    def catalog(self, models: Mapping[str, schema.Model] | schema.Model | None = None, **kinds: Any) -> Catalog:
        return Catalog(build(DIGEST, self.records(models, **kinds)))

    # --- needs and judgements -----------------------------------------------------------------------------

    def machine(self, ram: str | None = "32GiB", vram: str | None = None, **more: Any) -> Machine:
        sizes = {"ram_bytes": parse_size(ram) if ram else None, "vram_bytes": parse_size(vram) if vram else None}
        return Machine(name="stated", basis="stated", **sizes, **more)

    def requirements(self, **asked: Any) -> Requirements:
        least = {"task": ("chat",), "use": "internal", "context": 8192, "concurrency": 1, "min_quant": "Q4_K_M"}
        return Requirements(**(least | asked))

    def need(self, catalog: Catalog, machine: Machine | None = None, **asked: Any) -> Need:
        return prepare(self.requirements(**asked), catalog, machine or self.machine())

    def judged(
        self,
        models: Mapping[str, schema.Model] | schema.Model | None = None,
        asks: Mapping[str, Any] | None = None,
        machine: Machine | None = None,
        **kinds: Any,
    ) -> Judged:
        """Judge `maker/model` of a catalog made of `models` and `kinds` against what `asks` says."""
        return judge(self.need(self.catalog(models, **kinds), machine, **(asks or {})), SUBJECT)

    def finding(self, rule: str, *args: Any, **kwargs: Any) -> Finding | None:
        """Return one rule's finding of `judged(...)`, or None where the rule had nothing to say."""
        return next((f for f in self.judged(*args, **kwargs).findings if f.rule == rule), None)

    def rule(self, kind: str, rule_id: str = "rule", severity: str = "deny", **parameters: Any) -> dict[str, Any]:
        """Return a policy's rule as plain data."""
        decided = {"by": "The committee", "on": "2026-10-01"}
        return {"kind": kind, "id": rule_id, "why": "so it was decided", "severity": severity, "decided": decided,
                **parameters}  # fmt: skip

    def excepted(self, rule_id: str = "rule", **facts: Any) -> dict[str, Any]:
        """Return an exception of `maker/model` in 2026 as plain data."""
        return {"model": SUBJECT, "rule": rule_id, "reason": "a pilot", "requester": "A. Asker", "approver": "B. Chief",
                "approved": "2026-01-01", "expires": "2026-12-31", **facts}  # fmt: skip

    def policy(self, *rules: dict[str, Any], **facts: Any) -> Policy:
        """Return a policy of these rules."""
        known = {"name": "House", "description": "Rules of the house.", "notice": "Not legal advice.", "rules": rules}
        return msgspec.convert(known | facts, Policy)

    def under(
        self,
        *policies: Policy,
        models: Mapping[str, schema.Model] | schema.Model | None = None,
        asks: Mapping[str, Any] | None = None,
        **kinds: Any,
    ) -> Judged:
        """Judge `maker/model` under policies called `house`, `house2` …"""
        named = {f"house{number if number > 1 else ''}": policy for number, policy in enumerate(policies, 1)}
        catalog = self.catalog(models, policies=named, **kinds)
        requirements = self.requirements(**(asks or {}))
        used = load_policies(list(named), catalog, requirements.as_of or catalog.snapshot.as_of)
        return judge(prepare(requirements, catalog, self.machine(), used), SUBJECT)

    def recommended(
        self,
        models: Mapping[str, schema.Model] | schema.Model | None = None,
        asks: Mapping[str, Any] | None = None,
        machine: Machine | None = None,
        **kinds: Any,
    ) -> Recommendation:
        return recommend(self.requirements(**(asks or {})), self.catalog(models, **kinds), machine or self.machine())


@pytest.fixture(scope="session")
def made() -> Workshop:
    """Return the workshop."""
    return Workshop()


@pytest.fixture(scope="session")
def shipped() -> Catalog:
    """Return the catalog that is shipped."""
    return load()


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """Return the file of a real model; where there is none, or no engine for it, skip, but never in CI."""
    import gguf_files

    file = gguf_files.smollm2()
    if file is None or find_spec("llama_cpp") is None:
        assert not os.environ.get("CI"), "CI needs the extra `engine` and SmolLM2"
        pytest.skip("needs the extra `engine` and the real model: python tests/gguf_files.py fetches it")
    return file
