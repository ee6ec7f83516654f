"""The catalog as a document (`advisor.catalog/1`): one flat record a model, unknown facts absent."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from advisor.catalog.load import Catalog
from advisor.catalog.schema import FullAttention, Model, WindowAttention

SCHEMA = "advisor.catalog/1"


class ListedArtifact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file set of a model."""

    repo: str
    file: str
    quantization: str
    publisher: str | None = None
    shards: int = 1
    size_bytes: int | None = None
    sha256: str | None = None
    revision: str | None = None


class ListedModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The facts of a model; `kv_heads` and `head_dim` are those of most of its layers that cache keys and values."""

    id: str
    name: str
    family: str
    provider: str
    country: str | None = None
    license: str | None = None
    open_weights: bool
    parameters_total: int | None = None
    parameters_active: int | None = None
    layers: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    context_length: int | None = None
    languages: list[str] = []
    tasks: list[str] = []
    modalities_in: list[str] = []
    modalities_out: list[str] = []
    released: str | None = None
    gated: bool | None = None
    base_models: list[str] = []
    articles: list[str] = []
    artifacts: list[ListedArtifact] = []


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """All models of the catalog, by id."""

    schema: str
    digest: str
    as_of: str
    models: list[ListedModel]


class System(msgspec.Struct, frozen=True, kw_only=True):
    """What an article names, where, and the catalog entries for it."""

    subject: str
    name: str
    places: list[str]
    entries: list[str]


def listing(catalog: Catalog) -> Listing:
    """Return every model of the catalog."""
    return Listing(
        schema=SCHEMA,
        digest=catalog.snapshot.digest,
        as_of=catalog.snapshot.as_of,
        models=[_listed(model_id, model, catalog) for model_id, model in catalog.models.items()],
    )


def _listed(model_id: str, model: Model, catalog: Catalog) -> ListedModel:
    shape, counts, context = model.architecture, model.parameters, model.context
    plain = [g for g in shape.cache if isinstance(g, (FullAttention, WindowAttention))] if shape else []
    most = max(plain, key=lambda group: group.layers, default=None)
    return ListedModel(
        id=model_id,
        name=model.name,
        family=model.family,
        provider=model.provider,
        country=catalog.providers[model.provider].country,
        license=model.license.id if model.license else None,
        open_weights=model.availability.weights == "open",
        parameters_total=counts.total if counts else None,
        parameters_active=counts.active if counts else None,
        layers=shape.layers if shape else None,
        kv_heads=most.kv_heads if most else None,
        head_dim=most.key_length if most else None,
        context_length=context.native if context else None,
        languages=list(model.languages.tags) if model.languages else [],
        tasks=list(model.tasks.names) if model.tasks else [],
        modalities_in=list(model.modalities.inputs) if model.modalities else [],
        modalities_out=list(model.modalities.outputs) if model.modalities else [],
        released=model.released.date if model.released else None,
        gated=model.gated.value if model.gated else None,
        base_models=[base.id for base in model.lineage.base_models] if model.lineage else [],
        articles=catalog.articles_naming(model_id),
        artifacts=list(_artifacts(model, catalog)),
    )


def _artifacts(model: Model, catalog: Catalog) -> Iterator[ListedArtifact]:
    for repository in model.artifacts:
        for file in repository.files:
            yield ListedArtifact(
                repo=repository.repo,
                file=file.file,
                quantization=file.quantization,
                publisher=catalog.publisher_by_org.get(repository.repo.split("/")[0]),
                shards=file.shards,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                revision=repository.revision,
            )


class Systems(msgspec.Struct, frozen=True, kw_only=True):
    """What the articles name (`advisor.systems/1`)."""

    schema: str
    systems: list[System]


def systems(catalog: Catalog) -> Systems:
    """Return what the articles name: each family and model with its paragraphs and catalog entries."""
    found = []
    for subject, places in sorted(catalog.mentions.items()):
        kind, _, name = subject.partition(":")
        if kind not in ("model", "family"):
            continue
        entries = [m for m in catalog.models if subject in catalog.subjects_of(m)]
        record = catalog.models.get(name) if kind == "model" else catalog.snapshot.families.get(name)
        found.append(System(subject=subject, name=record.name if record else name, places=places, entries=entries))
    return Systems(schema="advisor.systems/1", systems=found)
