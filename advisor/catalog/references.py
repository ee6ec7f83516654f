"""What records say about each other: references that lead nowhere, circles, names claimed twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from advisor.catalog import policies
from advisor.catalog.schema import DEFAULT_QUANTIZATION, Model
from advisor.catalog.schema.policy import Policy
from advisor.catalog.snapshot import Snapshot
from advisor.errors import nearest


class ReferenceProblem(NamedTuple):
    """A problem of the record `id` of `kind`, at `path` inside it."""

    kind: str
    id: str
    path: tuple[str | int, ...]
    message: str


def problems_of(snapshot: Snapshot) -> list[ReferenceProblem]:
    """Return every reference of the catalog that does not hold."""
    return [
        *_of_models(snapshot),
        *_of_families(snapshot),
        *_of_evidence(snapshot),
        *_of_quantizations(snapshot),
        *_of_names(snapshot),
        *_of_policies(snapshot),
    ]


def _missing(kind: str, name: str, known: dict[str, object]) -> str:
    near = nearest(name, known, count=1, cutoff=0.6)
    return f"no {kind} '{name}'" + (f"; did you mean '{near[0]}'?" if near else "")


def _of_models(snapshot: Snapshot) -> Iterator[ReferenceProblem]:
    orgs = {org: True for provider in snapshot.providers.values() for org in provider.hub_orgs}
    for model_id, model in snapshot.models.items():
        for path, kind, name, known in _references(snapshot, model):
            if name not in known:
                yield ReferenceProblem("models", model_id, path, _missing(kind, name, known))
        for index, artifact in enumerate(model.artifacts):
            org = artifact.repo.split("/")[0]
            if org not in orgs:
                message = f"publisher '{org}' has no record under providers/; its artifacts are never offered"
                yield ReferenceProblem("models", model_id, ("artifacts", index, "repo"), message)
        if _in_circle(snapshot, model_id):
            yield ReferenceProblem("models", model_id, ("lineage",), "is its own ancestor")


def _references(
    snapshot: Snapshot, model: Model
) -> Iterator[tuple[tuple[str | int, ...], str, str, dict[str, object]]]:
    yield ("provider",), "provider", model.provider, dict(snapshot.providers)
    yield ("family",), "family", model.family, dict(snapshot.families)
    if model.license:
        for name in (model.license.id, *model.license.also):
            yield ("license",), "license", name, dict(snapshot.licenses)
    if model.lineage:
        for index, base in enumerate(model.lineage.base_models):
            yield ("lineage", "base_models", index, "id"), "model", base.id, dict(snapshot.models)


def _in_circle(snapshot: Snapshot, start: str) -> bool:
    """Say whether following base models from `start` leads back to it."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        model = snapshot.models.get(todo.pop())
        for base in model.lineage.base_models if model and model.lineage else ():
            if base.id == start:
                return True
            if base.id not in seen:
                seen.add(base.id)
                todo.append(base.id)
    return False


def _of_families(snapshot: Snapshot) -> Iterator[ReferenceProblem]:
    for family_id, family in snapshot.families.items():
        if family.provider not in snapshot.providers:
            message = _missing("provider", family.provider, dict(snapshot.providers))
            yield ReferenceProblem("families", family_id, ("provider",), message)
        if family.parent and family.parent not in snapshot.families:
            message = _missing("family", family.parent, dict(snapshot.families))
            yield ReferenceProblem("families", family_id, ("parent",), message)
        if _parent_circle(snapshot, family_id):
            yield ReferenceProblem("families", family_id, ("parent",), "is its own parent's parent")


def _parent_circle(snapshot: Snapshot, start: str) -> bool:
    """Say whether following parents from `start` leads back to it."""
    seen, name = {start}, snapshot.families[start].parent
    while name in snapshot.families and name not in seen:
        seen.add(name)
        name = snapshot.families[name].parent
    return name == start


def _of_quantizations(snapshot: Snapshot) -> Iterator[ReferenceProblem]:
    for table_id, table in snapshot.quantizations.items():
        for name, entry in table.entries.items():
            meant = table.entries.get(entry.like) if entry.like else None
            if entry.like and (meant is None or meant.increase is None):
                message = f"counts like '{entry.like}', which the table does not measure"
                yield ReferenceProblem("quantizations", table_id, ("entries", name), message)
        if DEFAULT_QUANTIZATION not in table.entries:
            message = f"does not tell the loss of {DEFAULT_QUANTIZATION}, the default of --min-quant"
            yield ReferenceProblem("quantizations", table_id, ("entries",), message)


def _of_evidence(snapshot: Snapshot) -> Iterator[ReferenceProblem]:
    for evaluation_id, evaluation in snapshot.safety.items():
        for model_id in evaluation.results:
            if model_id not in snapshot.models:
                message = _missing("model", model_id, dict(snapshot.models))
                yield ReferenceProblem("safety", evaluation_id, ("results", model_id), message)
    for benchmark_id, benchmark in snapshot.benchmarks.items():
        if benchmark.maker and benchmark.maker not in snapshot.providers:
            message = _missing("provider", benchmark.maker, dict(snapshot.providers))
            yield ReferenceProblem("benchmarks", benchmark_id, ("maker",), message)
        for model_id in benchmark.results:
            if model_id not in snapshot.models:
                message = _missing("model", model_id, dict(snapshot.models))
                yield ReferenceProblem("benchmarks", benchmark_id, ("results", model_id), message)
    known: dict[str, dict[str, object]] = {
        "model": dict(snapshot.models),
        "family": dict(snapshot.families),
        "provider": dict(snapshot.providers),
        "country": dict.fromkeys(provider.country for provider in snapshot.providers.values() if provider.country),
    }
    for article_id, article in snapshot.articles.items():
        for index, claim in enumerate(article.claims):
            for key, subject in (("subject", claim.subject), ("better_than", claim.better_than or "other:")):
                kind, _, name = subject.partition(":")
                if kind != "other" and name not in known.get(kind, {}):
                    message = _missing(kind, name, known.get(kind, {}))
                    yield ReferenceProblem("articles", article_id, ("claims", index, key), message)


def _of_policies(snapshot: Snapshot) -> Iterator[ReferenceProblem]:
    holders = {policy_id: policy_id for policy_id in snapshot.policies}
    for policy_id, record in snapshot.policies.items():
        policy = msgspec.convert(record, Policy)
        for path, message in policies.problems_of(policy, snapshot):
            yield ReferenceProblem("policies", policy_id, path, message)
        for alias in policy.aliases:
            if holders.setdefault(alias, policy_id) != policy_id:
                message = f"alias '{alias}' is already a name of {holders[alias]}"
                yield ReferenceProblem("policies", policy_id, ("aliases",), message)


def _of_names(snapshot: Snapshot) -> Iterator[ReferenceProblem]:
    """Ids and aliases must lead to one model, in whatever case they are written."""
    holders: dict[str, str] = {}
    for model_id in snapshot.models:
        if holders.setdefault(model_id.casefold(), model_id) != model_id:
            yield ReferenceProblem("models", model_id, (), f"differs only in case from {holders[model_id.casefold()]}")
    for model_id, model in snapshot.models.items():
        for alias in model.aliases:
            holder = holders.setdefault(alias.casefold(), model_id)
            if holder != model_id:
                message = f"alias '{alias}' is already a name of {holder}"
                yield ReferenceProblem("models", model_id, ("aliases",), message)
    orgs: dict[str, str] = {}
    for provider_id, provider in snapshot.providers.items():
        for org in provider.hub_orgs:
            holder = orgs.setdefault(org, provider_id)
            if holder != provider_id:
                message = f"hub organisation '{org}' already belongs to {holder}"
                yield ReferenceProblem("providers", provider_id, ("hub_orgs",), message)
