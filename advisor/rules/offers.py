"""Which artifacts of a model can be offered, and what each needs and yields on the machine at hand."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.load import Catalog
from advisor.catalog.schema import Architecture, ArtifactFile, ArtifactRepository, Model, QuantizationTable
from advisor.hardware import memory, weights
from advisor.hardware.speed import Engine, Speed, estimate
from advisor.rules.subject import Need, Offer, Subject

UNKNOWN_LOSS = 10.0
"""Loss of a quantization that no table knows: worse than all that are known, so never offered by default."""


def losses(catalog: Catalog) -> dict[str, float]:
    """Return the loss of every quantization of the catalog's tables by name."""
    found: dict[str, float] = {}
    for table in catalog.snapshot.quantizations.values():
        found.update({name: _loss(table, name) for name in table.entries})
    return found


def _loss(table: QuantizationTable, name: str) -> float:
    entry = table.entries[name]
    if entry.increase is not None:
        return entry.increase
    return _loss(table, entry.like) if entry.like in table.entries and entry.like != name else UNKNOWN_LOSS


def offers(subject: Subject, need: Need) -> Iterator[Offer]:
    """Yield the artifacts of named publishers that are not below `--min-quant`, planned on the machine."""
    worst = need.losses[need.requirements.min_quant]
    for repository, file, publisher in named_files(subject.model, need.catalog):
        loss = need.losses.get(file.quantization, UNKNOWN_LOSS)
        if loss <= worst:
            yield _planned(subject.model, need, repository, file, publisher, loss)


def named_files(model: Model, catalog: Catalog) -> Iterator[tuple[ArtifactRepository, ArtifactFile, str]]:
    """Yield the files of publishers that have a record: nobody else's are ever offered."""
    for repository in model.artifacts:
        publisher = catalog.publisher_by_org.get(repository.repo.split("/")[0])
        if publisher is not None:
            for file in repository.files:
                yield repository, file, publisher


def _planned(
    model: Model, need: Need, repository: ArtifactRepository, file: ArtifactFile, publisher: str, loss: float
) -> Offer:
    architecture, parameters = model.architecture, model.parameters
    sized = _weights(model, file)
    plan = speed = fits = None
    if (
        architecture
        and parameters
        and sized
        and architecture.cache
        and architecture.vocabulary_size
        and architecture.hidden_size
    ):
        basis = "computed from file size" if file.size_bytes else "computed from tensors"
        users = need.requirements.concurrency
        plan = memory.plan(architecture, sized.total, need.requirements.context, users, basis)
        fits = next((e for e in need.engines if plan.total_bytes <= e.budget_bytes), None)
    engine = fits or (need.engines[-1] if need.engines else None)
    if engine and sized:
        speed = _speed(engine, sized, model, architecture, need)
    official = publisher == model.provider
    return Offer(repository, file, publisher, official, loss, plan, fits, speed)


def _weights(model: Model, file: ArtifactFile) -> weights.Weights | None:
    if file.size_bytes:
        return weights.scaled(model.architecture, model.parameters, file.size_bytes, file.quantization)
    if model.architecture and model.parameters:
        return weights.computed(model.architecture, model.parameters, file.quantization)
    return None


def _speed(
    engine: Engine, sized: weights.Weights, model: Model, architecture: Architecture | None, need: Need
) -> Speed:
    parameters = model.parameters
    active = (parameters.active or parameters.total) if parameters else None
    return estimate(engine, sized, architecture, active, need.requirements.concurrency)
