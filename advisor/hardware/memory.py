"""How much memory a model needs in llama.cpp: KV cache, recurrent state, compute buffer (docs/memory.md).

All formulas were compared with the plans of llama.cpp itself (tests/hardware/test_engine_plans.py). Symbols: V
vocabulary size, d hidden size, b bytes of a cache element, cells the tokens a cache has room for.
"""

from __future__ import annotations

from math import ceil

import msgspec

from advisor.catalog.schema import (
    Architecture,
    CacheGroup,
    DeltaAttention,
    FullAttention,
    LatentAttention,
    Recurrent,
    WindowAttention,
)

MIB = 1024**2
GIB = 1024**3
CELL_STEP = 256
"""llama.cpp rounds the cells of a cache up to this many."""
UBATCH = 512
"""Tokens that llama.cpp computes at once by default (`n_ubatch`)."""
CACHE_BYTES = 2.0
"""Bytes of a cache element: f16, llama.cpp's default."""
OVERHEAD_BYTES = 160 * MIB
"""The process beside the model: program and libraries 44 MiB, a vocabulary of 262,144 entries 76 MiB, both measured;
scratch for matrix products 16 MiB; rounded up (docs/memory.md)."""
PACKING = 64 * MIB
"""How far the allocator may pack the compute buffer worse than the formula; 54 MiB was the most in plans of the
engine for models without experts and latent attention."""


class MemoryPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Memory in bytes; `budget_bytes` is what the machine grants, `basis` how the weights' size is known."""

    weights_bytes: int
    kv_cache_bytes: int
    state_bytes: int
    compute_bytes: int
    overhead_bytes: int
    total_bytes: int
    budget_bytes: int | None = None
    basis: str


def up_to_step(tokens: int, step: int = CELL_STEP) -> int:
    """Round `tokens` up to a multiple of `step`."""
    return ceil(tokens / step) * step


def cells(group: CacheGroup, context: int, ubatch: int = UBATCH) -> int:
    """Return the cells of one sequence's cache in a group of layers; 0 where nothing is cached per token."""
    whole = up_to_step(context)
    if isinstance(group, WindowAttention):
        return min(whole, up_to_step(group.window + ubatch))
    if isinstance(group, (FullAttention, LatentAttention)):
        return whole
    return 0


def kv_cache_bytes(architecture: Architecture, context: int, sequences: int = 1, element: float = CACHE_BYTES) -> int:
    """Return the KV cache of `sequences` users with `context` tokens each, in bytes.

    Sliding windows are planned at their window (`swa_full` off, as llama-server does), and each user has a cache
    of their own (a unified cache never takes more). Latent attention keeps one latent vector and one rotary key
    a token, and no values.
    """
    total = 0.0
    for group in architecture.cache:
        if isinstance(group, LatentAttention):
            width = group.rank + group.rope
        elif isinstance(group, (FullAttention, WindowAttention)):
            width = group.kv_heads * (group.key_length + group.value_length)
        else:
            continue
        total += group.layers * cells(group, context) * width * element
    return int(total) * sequences


def state_bytes(architecture: Architecture, sequences: int = 1) -> int:
    """Return the recurrent state of `sequences` users in bytes (f32); it does not grow with the context."""
    return sum(_state_elements(group) for group in architecture.cache) * 4 * sequences


def _state_elements(group: CacheGroup) -> int:
    if isinstance(group, Recurrent):
        convolution = (group.conv - 1) * (group.inner + 2 * group.groups * group.state)
        return group.layers * (convolution + group.state * group.inner)
    if isinstance(group, DeltaAttention):
        convolution = 3 * (group.conv - 1) * group.heads * group.head_dim
        return group.layers * (convolution + group.heads * group.head_dim**2)
    return 0


def compute_bytes(architecture: Architecture, context: int, sequences: int = 1) -> tuple[int, int]:
    """Return bounds of the compute and output buffers in bytes: (never less, never more).

    Raises:
        ValueError: where vocabulary or hidden size are not known.
    """
    if architecture.vocabulary_size is None or architecture.hidden_size is None:
        raise ValueError(f"{architecture.name}: vocabulary and hidden size are needed")
    output = 4 * architecture.vocabulary_size * sequences
    low = UBATCH * 4 * (architecture.vocabulary_size + 2 * architecture.hidden_size)
    masks = sum(2 * UBATCH * n for n in {cells(g, context) * sequences for g in architecture.cache})
    return low + output, low + output + masks + _packing(architecture, architecture.hidden_size)


def _packing(architecture: Architecture, hidden: int) -> int:
    """Return how much of one layer's work may lie beside the logits, in bytes: the largest block it needs at once.

    With experts that is the output of each used one, of the shared one, the residual and the router's scores;
    with latent attention the queries of all heads, widened to the latent rank.
    """
    experts = architecture.experts
    routed = (experts.used + 2) * hidden + experts.count if experts else 0
    latent = max((g.heads * g.rank for g in architecture.cache if isinstance(g, LatentAttention)), default=0)
    return max(PACKING, UBATCH * 4 * max(routed, latent))


def plan(architecture: Architecture, weights: int, context: int, sequences: int, basis: str) -> MemoryPlan:
    """Add up what a model needs; the compute buffer counts at its upper bound.

    Raises:
        ValueError: where the architecture lacks a size.
    """
    parts = {
        "weights_bytes": weights,
        "kv_cache_bytes": kv_cache_bytes(architecture, context, sequences),
        "state_bytes": state_bytes(architecture, sequences),
        "compute_bytes": compute_bytes(architecture, context, sequences)[1],
        "overhead_bytes": OVERHEAD_BYTES,
    }
    return MemoryPlan(**parts, total_bytes=sum(parts.values()), basis=basis)
