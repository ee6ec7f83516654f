"""Which artifacts of a model can be offered, and what each needs and yields on the machine at hand."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from advisor.catalog.load import Catalog
from advisor.catalog.schema import ArtifactFile, ArtifactRepository, Model, QuantizationTable
from advisor.hardware import memory, weights
from advisor.hardware.memory import MemoryPlan
from advisor.hardware.speed import TYPICAL_PROMPT, Engine, Speed, estimate
from advisor.local_evidence import LocalResult, of_speed
from advisor.rules.subject import Need, Offer, Sketch, Subject

UNKNOWN_LOSS = 10.0
"""Loss of a quantization that no table measures: worse than all that are known. It is never offered."""


def losses(catalog: Catalog) -> dict[str, float]:
    """Return the loss of every quantization of the catalog's tables by name."""
    found: dict[str, float] = {}
    for table in catalog.snapshot.quantizations.values():
        found.update({name: _loss(table, name) for name in table.entries})
    return found


def _loss(table: QuantizationTable, name: str) -> float:
    """Return what an entry, or the one that it counts like, adds to the metric."""
    entry = table.entries[name]
    measured = table.entries.get(entry.like, entry) if entry.like else entry
    return UNKNOWN_LOSS if measured.increase is None else measured.increase


def alike(catalog: Catalog) -> dict[str, str]:
    """Return by name of quantization the one that its table counts it like, or itself."""
    tables = catalog.snapshot.quantizations.values()
    return {name: entry.like or name for table in tables for name, entry in table.entries.items()}


def offers(subject: Subject, need: Need) -> Iterator[Offer]:
    """Yield the artifacts of named publishers that are not below `--min-quant`, those that lose least first.

    Each is planned on the machine when it is asked for. Among equal losses the maker's own comes first, then one
    whose bytes are known.
    """
    worst = need.losses[need.requirements.min_quant]
    found = []
    for repository, file, publisher in named_files(subject.model, need.catalog):
        loss = need.losses.get(file.quantization, UNKNOWN_LOSS)
        if loss <= worst and loss < UNKNOWN_LOSS:
            blind = file.sha256 is None and not file.shard_sha256
            order = (loss, publisher != subject.model.provider, blind, repository.repo, file.file)
            found.append((order, repository, file, publisher))
    if not found:
        return
    planner = _Planner(subject.model, need)
    for order, repository, file, publisher in sorted(found, key=lambda row: row[0]):
        yield planner.offer(repository, file, publisher, order[0])


def sketch(subject: Subject, need: Need) -> Sketch:
    """Return what the model would need and yield at `--min-quant`, for where no artifact is known."""
    if subject.id not in need.sketches:
        need.sketches[subject.id] = _Planner(subject.model, need).sketch()
    return need.sketches[subject.id]


def named_files(model: Model, catalog: Catalog) -> Iterator[tuple[ArtifactRepository, ArtifactFile, str]]:
    """Yield the files of publishers that have a record: nobody else's are ever offered."""
    for repository in model.artifacts:
        publisher = catalog.publisher_by_org.get(repository.repo.split("/")[0])
        if publisher is not None:
            for file in repository.files:
                yield repository, file, publisher


class _Planner:
    """Plans one model on the machine; what all its artifacts share is worked out once."""

    def __init__(self, model: Model, need: Need) -> None:
        self.model = model
        self.need = need
        shape = model.architecture
        self.room: MemoryPlan | None = None
        """Everything but the weights; None where the architecture does not say enough."""
        if shape and shape.cache and shape.vocabulary_size and shape.hidden_size:
            asked = need.requirements
            self.room = memory.plan(shape, 0, asked.context, asked.concurrency, "computed")
        self.prompt_cache = memory.kv_cache_bytes(shape, TYPICAL_PROMPT) if shape else 0
        counts = model.parameters
        self.parts = weights.classes(shape, counts) if shape and counts else None
        self.worked_out: dict[str, weights.Weights | None] = {}
        """By quantization: the weights as its shape has them."""

    def offer(self, repository: ArtifactRepository, file: ArtifactFile, publisher: str, loss: float) -> Offer:
        """Return one artifact with its memory, the place where it fits, and its speed there."""
        sized = self._weights(file)
        basis = "computed from file size" if file.size_bytes else "computed from tensors"
        plan = self._plan(sized, basis) if sized else None
        fits, speed = self._placed(plan, sized)
        measured = of_speed(self.need.local, file.sha256, self.need.machine)
        if measured and speed and self.need.requirements.concurrency == 1:
            speed = _measured(speed, measured)
        official = publisher == self.model.provider
        return Offer(repository, file, publisher, official, loss, plan, fits, speed)

    def sketch(self) -> Sketch:
        """Return plan and speed at the coarsest quantization that is asked for, as far as they can be worked out."""
        quantization = self.need.requirements.min_quant
        sized = self._computed(quantization)
        plan = self._plan(sized, f"computed from tensors at {quantization}") if sized else None
        _, speed = self._placed(plan, sized)
        return Sketch(plan, speed)

    def _placed(self, plan: MemoryPlan | None, sized: weights.Weights | None) -> tuple[Engine | None, Speed | None]:
        """Return where a plan fits, and the speed there; where it fits nowhere, that of the largest place."""
        engines = self.need.engines
        fits = next((e for e in engines if plan and plan.total_bytes <= e.budget_bytes), None)
        engine = fits or (engines[-1] if engines else None)
        if engine is None or sized is None:
            return fits, None
        users = self.need.requirements.concurrency
        return fits, estimate(engine, sized, self.prompt_cache, self.model, users)

    def _plan(self, sized: weights.Weights, basis: str) -> MemoryPlan | None:
        if self.room is None:
            return None
        total = self.room.total_bytes + sized.total
        return msgspec.structs.replace(self.room, weights_bytes=sized.total, total_bytes=total, basis=basis)

    def _weights(self, file: ArtifactFile) -> weights.Weights | None:
        """Return the weights of a file: of its own size, where that is known, as its shape says elsewhere."""
        model, worked = self.model, self._computed(file.quantization)
        if not file.size_bytes:
            return worked
        if worked is None:
            mix = self.need.alike.get(file.quantization, file.quantization)
            return weights.scaled(model.architecture, model.parameters, file.size_bytes, mix)
        return weights.Weights(file.size_bytes, int(file.size_bytes * min(worked.active / worked.total, 1.0)))

    def _computed(self, quantization: str) -> weights.Weights | None:
        model, mix = self.model, self.need.alike.get(quantization, quantization)
        if mix not in self.worked_out:
            shape = model.architecture
            self.worked_out[mix] = weights.weigh(shape, self.parts, mix) if shape and self.parts else None
        return self.worked_out[mix]


def _measured(estimated: Speed, result: LocalResult) -> Speed:
    """Return the speed of an artifact as it was measured on this very machine."""
    read = result.prompt_tokens_per_second or estimated.prompt_tokens_per_second
    return msgspec.structs.replace(
        estimated,
        decode_tokens_per_second=round(result.generation_tokens_per_second or estimated.decode_tokens_per_second, 2),
        prompt_tokens_per_second=round(read, 1) if read else None,
        ttft_seconds=round(TYPICAL_PROMPT / read, 2) if read else None,
        basis=result.here,
    )
