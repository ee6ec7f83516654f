"""Values of a model's record that cannot be: what `advisor catalog lint` knows beyond types and references."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from advisor.catalog import schema
from advisor.catalog.snapshot import Snapshot
from advisor.curation.values import Finding, Path, of_day, of_tags
from advisor.hardware.weights import elements

TOLERANCE = 0.15
"""How far the parameters that the shape makes may lie from those stated: towers for images and sound are not in it."""
FEWEST_BITS, MOST_BITS = 1, 34
"""Bits a parameter that no file is below or above."""
_SIZE = re.compile(r"(?<![a-z0-9.])(?:a|e)?\d+(?:[._]\d+)?[bmt](?![a-z0-9])")
_KINDS_OF_MODEL = frozenset(
    {
        "base", "pt", "instruct", "it", "chat", "thinking", "reasoning", "coder", "math", "vl", "distill", "embedding",
        "reranker", "abliterated", "uncensored", "heretic",
    }
)  # fmt: skip
"""Words by which sister models, and models that others made of one, are told apart."""
_QUANTIZATION_WORDS = {"f16": ("f16", "fp16")}


def of_model(model_id: str, model: schema.Model, snapshot: Snapshot) -> Iterator[Finding]:
    """Yield what cannot be true of a model, each with the place in its record."""
    yield from _declared(model)
    yield from _parameters(model)
    yield from _architecture(model)
    yield from _artifacts(model_id, model, snapshot)
    yield from _disagreements(model)
    if model.context and model.context.extended and model.context.extended < model.context.native:
        yield ("context", "extended"), "extended context is shorter than the native one"
    if model.tasks and model.instruction_tuned is False and "chat" in model.tasks.names:
        yield ("tasks",), "a base model has no task 'chat'"
    if model.lineage and model.lineage.trained == "own" and model.lineage.base_models:
        yield ("lineage",), "trained from scratch, and yet with base models"
    if model.availability.weights == "closed" and model.artifacts:
        yield ("artifacts",), "a closed system has no artifacts"


def _declared(model: schema.Model) -> Iterator[Finding]:
    if model.released:
        yield from of_day(("released", "date"), model.released.date)
    if model.languages:
        yield from of_tags(("languages", "tags"), model.languages.tags)
        if model.languages.silent and (model.languages.tags or model.languages.count):
            yield ("languages", "silent"), "the maker is silent, and yet speaks of languages"


def _parameters(model: schema.Model) -> Iterator[Finding]:
    counts = model.parameters
    if counts is None:
        return
    if counts.active and counts.active > counts.total:
        yield ("parameters", "active"), f"{counts.active:,} active of {counts.total:,}: more than there are"
    if counts.hub_count and not 0.5 < counts.hub_count / counts.total < 2:
        yield ("parameters", "hub_count"), "the hub's count is not near the maker's total"
    elif counts.hub_count and abs(counts.hub_count / counts.total - 1) > TOLERANCE and not counts.note:
        told = "the hub's count is over 15% from the maker's total: say in 'note' what the one counts and the other not"
        yield ("parameters", "hub_count"), told
    worked_out = [n + (counts.beside_text or 0) for n in (elements(model.architecture) if model.architecture else ())]
    stated = (counts.total, counts.hub_count or counts.total)
    if worked_out and all(abs(n / total - 1) > TOLERANCE for n in worked_out for total in stated):
        made, told = f"{worked_out[0]:,}", f"{counts.total:,}"
        yield ("parameters", "total"), f"the architecture makes {made} parameters, {told} are stated: over 15% apart"


def _architecture(model: schema.Model) -> Iterator[Finding]:
    shape = model.architecture
    if shape is None:
        return
    told = sum(group.layers for group in shape.cache)
    if shape.cache and told != shape.layers:
        yield ("architecture", "cache"), f"the groups tell of {told} layers, the model has {shape.layers}"
    if shape.experts and shape.experts.used > shape.experts.count:
        yield ("architecture", "experts"), "more experts used than there are"
    if shape.experts and shape.experts.dense_layers > shape.layers:
        yield ("architecture", "experts"), "more dense layers than layers"
    for index, group in enumerate(shape.cache):
        indexer = getattr(group, "indexer", None)
        if isinstance(indexer, schema.Indexer) and indexer.layers > group.layers:
            yield ("architecture", "cache", index, "indexer"), f"{indexer.layers} layers of a group of {group.layers}"
        if isinstance(group, (schema.FullAttention, schema.WindowAttention)) and (shape.heads or 0) % group.kv_heads:
            message = f"{shape.heads} heads cannot share {group.kv_heads} KV heads evenly"
            yield ("architecture", "cache", index, "kv_heads"), message


def _artifacts(model_id: str, model: schema.Model, snapshot: Snapshot) -> Iterator[Finding]:
    known = {name for table in snapshot.quantizations.values() for name in table.entries}
    seen: set[str] = set()
    for index, repository in enumerate(model.artifacts):
        for place, file in enumerate(repository.files):
            path: Path = ("artifacts", index, "files", place)
            if file.quantization not in known:
                yield (*path, "quantization"), f"no table tells the loss of '{file.quantization}'"
            if not file.file.endswith(".gguf"):
                yield (*path, "file"), f"'{file.file}' is no GGUF"
            if not any(word in file.file.casefold() for word in _words(file.quantization)):
                yield (*path, "file"), f"the name does not say {file.quantization}"
            if len(file.shard_sha256) not in (0, file.shards):
                yield (*path, "shard_sha256"), f"{len(file.shard_sha256)} hashes for {file.shards} shards"
            contradicted = _contradiction(model_id, model.name, repository.repo, file.file)
            if contradicted:
                yield (*path, "file"), contradicted
            name = f"{repository.repo}/{file.file}"
            if name in seen:
                yield path, f"{name} stands twice"
            seen.add(name)
            bits = _bits(model, file)
            if bits is not None and not FEWEST_BITS < bits < MOST_BITS:
                yield (*path, "size_bytes"), f"{bits:.1f} bits per parameter cannot be"


def _contradiction(model_id: str, model_name: str, repository: str, file: str) -> str | None:
    """Say which size or kind of model the names of an artifact tell that the model's own contradict, or None.

    Sizes are compared only where both tell one: `gemma-3-4b` against `gemma-3-27b`. A word like `base` or
    `abliterated` in a file's name has to stand in the model's too.
    """
    own = model_id.split("/", 1)[1]
    of_model = _sizes(own)
    for name in (repository.split("/", 1)[-1], file.rsplit("/", 1)[-1]):
        told = _sizes(name)
        if of_model and told and of_model.isdisjoint(told):
            return f"'{name}' speaks of {' '.join(sorted(told))}, the model is {' '.join(sorted(of_model))}"
        other = sorted(_kinds(name) - _kinds(f"{own} {model_name}"))
        if other:
            return f"'{name}' says '{other[0]}', which the model's name does not: is it a quantization of this model?"
    return None


def _kinds(name: str) -> frozenset[str]:
    return _KINDS_OF_MODEL.intersection(re.split(r"[^a-z]+", name.casefold()))


def _sizes(name: str) -> set[str]:
    return {word.replace("_", ".") for word in _SIZE.findall(name.casefold())}


def _words(quantization: str) -> tuple[str, ...]:
    """Return what the name of a file of this quantization may hold."""
    word = quantization.removeprefix("UD-").casefold()
    return _QUANTIZATION_WORDS.get(word, (word,))


def _bits(model: schema.Model, file: schema.ArtifactFile) -> float | None:
    counts = model.parameters
    return 8 * file.size_bytes / counts.total if counts and file.size_bytes else None


def _disagreements(model: schema.Model) -> Iterator[Finding]:
    """A disagreement is about a fact that the record holds, and about another value than that."""
    record = msgspec.to_builtins(model)
    for index, found in enumerate(model.disagreements):
        value = record
        for step in found.fact.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        path: Path = ("disagreements", index)
        if value is None:
            yield (*path, "fact"), f"the record states no '{found.fact}'"
        elif value == msgspec.to_builtins(found.other):
            yield (*path, "other"), f"is what the record says itself of {found.fact}"
