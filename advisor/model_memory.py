"""What the model in some files needs: llama.cpp's own plan where it is installed, else the formulas'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from advisor.engine import memory_plan
from advisor.errors import UserError
from advisor.gguf.encoding import TENSOR_TYPES
from advisor.gguf.examination import Examination
from advisor.gguf.shape import UnknownShapeError, shape_of
from advisor.hardware import memory
from advisor.inspection import InspectedMemory
from advisor.needs.schema import DEFAULT_CONTEXT
from advisor.needs.units import counted, parse_count

NO_MODEL = frozenset({"clip", "mmproj"})
"""Architectures of files that are no language model by themselves."""


MOST_SEQUENCES = 256
"""llama.cpp's own bound (`LLAMA_MAX_SEQ`)."""


class Asked(NamedTuple):
    """What the memory is planned for; without a context the usual one, or the model's if that is shorter."""

    context: int | None = None
    """Tokens for each user."""
    concurrency: int = 1
    kv_type: str = "f16"
    offload: int = 0
    """Layers for a GPU; -1: all."""


def asked_of(needs: Mapping[str, Any], kv_type: str = "f16", offload: int = 0) -> Asked:
    """Return what the options of a command ask.

    Raises:
        UserError: where a number is none, or an impossible one.
    """
    try:
        context = parse_count(needs["context"]) if needs.get("context") is not None else None
    except ValueError as error:
        raise UserError(f"--context: {error}") from None
    concurrency = needs.get("concurrency") or 1
    if needs.get("concurrency") is not None and not 0 < needs["concurrency"] <= MOST_SEQUENCES:
        raise UserError(f"--concurrency: {needs['concurrency']} is not from 1 to {MOST_SEQUENCES}")
    if (context or DEFAULT_CONTEXT) * concurrency >= 2**31:
        raise UserError(
            f"--context: {context:,} tokens for {counted(concurrency, 'user')} are more than an engine can hold"
        )
    return Asked(context, concurrency, kv_type, offload)


def plan_memory(found: Examination, asked: Asked) -> tuple[InspectedMemory | None, list[str]]:
    """Return the plan for a model, and what a reader should know about it; no plan where there is no model.

    The engine is asked only about headers in which nothing is wrong.
    """
    header = found.header
    name = header.label("general.architecture")
    whole = all(shard.header.complete for shard in found.shards)
    if not whole or not name or name in NO_MODEL or not any(shard.header.tensors for shard in found.shards):
        return None, []
    if asked.context is None:
        stated = header.integer(f"{name}.context_length") or DEFAULT_CONTEXT
        asked = asked._replace(context=max(1, min(stated, DEFAULT_CONTEXT)))
    reason = None
    if any(problem.severity == "fail" for problem in found.problems):
        reason = "The engine was not asked: the header has to be right first."
    elif not memory_plan.installed():
        reason = f"The memory is computed; for the engine's own plan: {memory_plan.INSTALL}."
    else:
        try:
            return _planned(found, asked)
        except memory_plan.PlanError as error:
            reason = f"No plan of the engine: {error}."
    computed, missing = _computed(found, asked)
    return computed, [reason, *([missing] if missing else [])]


def _planned(found: Examination, asked: Asked) -> tuple[InspectedMemory, list[str]]:
    """Return llama.cpp's own plan."""
    parts = [memory_plan.Part(shard.source, shard.header) for shard in found.shards]
    plan = memory_plan.plan(parts, asked.context or 0, asked.concurrency, asked.kv_type, asked.offload)
    notes = []
    if asked.offload and not plan.can_offload:
        notes.append("The installed engine knows no GPU: nothing is offloaded, and everything counts as main memory.")
    return _summed(
        asked,
        "engine",
        weights=plan.weights_bytes,
        caches=plan.kv_cache_bytes,
        state=plan.state_bytes,
        buffers=plan.compute_bytes,
        engine=f"llama-cpp-python {plan.version}",
        offloaded=plan.offloaded_layers,
    ), notes


def _computed(found: Examination, asked: Asked) -> tuple[InspectedMemory | None, str | None]:
    """Return what the formulas say of the header's shape, or why they say nothing."""
    weights = sum(shard.header.weights_bytes for shard in found.shards)
    kind = TENSOR_TYPES[memory_plan.KV_TYPES[asked.kv_type]]
    context = asked.context or 0
    try:
        shape = shape_of(found.header)
        caches = memory.kv_cache_bytes(shape, context, asked.concurrency, kind.size / kind.block)
        buffers = memory.compute_bytes(shape, context, asked.concurrency)[1]
    except UnknownShapeError as error:
        return None, f"No memory is computed: {error}."
    state = memory.state_bytes(shape, asked.concurrency)
    return _summed(asked, "computed", weights=weights, caches=caches, state=state, buffers=buffers), None


def _summed(
    asked: Asked,
    basis: Literal["engine", "computed"],
    weights: int,
    caches: int,
    state: int,
    buffers: int,
    engine: str | None = None,
    offloaded: int | None = None,
) -> InspectedMemory:
    return InspectedMemory(
        weights_bytes=weights,
        kv_cache_bytes=caches,
        state_bytes=state,
        compute_bytes=buffers,
        total_bytes=weights + caches + state + buffers,
        basis=basis,
        engine=engine,
        context=asked.context or 0,
        concurrency=asked.concurrency,
        kv_type=asked.kv_type,
        offload=asked.offload,
        offloaded_layers=offloaded,
    )
