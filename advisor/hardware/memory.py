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
    CompressedAttention,
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
INDEX_SCRATCH = 8
"""Bytes for each cell and token while an indexer works: its scores, and the mask made of the best (f32 both)."""
BLOCK_SCRATCH = 36
BLOCK_INDEXED = frozenset({"minimax-m3"})
"""The same where an indexer picks blocks of tokens: the scores of its four heads are kept apart until then."""
STREAMS = 4
HYPER_CONNECTED = frozenset({"deepseek4", "glm5-next", "hy_v4"})
"""Architectures whose residual is `STREAMS` rows of the hidden size."""
WITHOUT_FLASH = frozenset({"grok"})
"""Architectures that llama.cpp runs without flash attention: the scores of all heads lie in memory."""


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
    return -(-tokens // step) * step


class Cache(msgspec.Struct, frozen=True, gc=False):
    """One cache of a sequence: the tokens or entries that it has room for, and elements of one over all layers."""

    cells: int
    elements: int


def caches(group: CacheGroup, context: int, ubatch: int = UBATCH) -> tuple[Cache, ...]:
    """Return the caches of one sequence in a group of layers; none where nothing is cached per token."""
    whole = up_to_step(context)
    if isinstance(group, WindowAttention):
        return (Cache(_window_cells(group.window, context, ubatch), group.layers * _heads_width(group)),)
    if isinstance(group, (FullAttention, LatentAttention)):
        width = group.rank + group.rope if isinstance(group, LatentAttention) else _heads_width(group)
        indexer = group.indexer
        beside = (Cache(whole, indexer.layers * indexer.elements),) if indexer else ()
        return (Cache(whole, group.layers * width), *beside)
    if isinstance(group, CompressedAttention):
        raw = Cache(_window_cells(group.window, context, ubatch), group.layers * group.entry)
        if group.ratio is None:
            return (raw,)
        return raw, Cache(up_to_step(ceil(context / group.ratio)), group.layers * (group.entry + group.indexer))
    return ()


def _heads_width(group: FullAttention | WindowAttention) -> int:
    return group.kv_heads * (group.key_length + group.value_length)


def _window_cells(window: int, context: int, ubatch: int) -> int:
    return min(up_to_step(context), up_to_step(window + ubatch))


def kv_cache_bytes(architecture: Architecture, context: int, sequences: int = 1, element: float = CACHE_BYTES) -> int:
    """Return the KV cache of `sequences` users with `context` tokens each, in bytes.

    Sliding windows are planned at their window (`swa_full` off, as llama-server does), and each user has a cache
    of their own (a unified cache never takes more). Latent attention keeps one latent vector and one rotary key
    a token, and no values; compressed attention single entries, raw and compressed; an indexer its keys beside them.
    """
    every = (cache for group in architecture.cache for cache in caches(group, context))
    return int(sum(cache.cells * cache.elements for cache in every) * element) * sequences


def state_bytes(architecture: Architecture, sequences: int = 1) -> int:
    """Return the recurrent state of `sequences` users in bytes (f32); it does not grow with the context."""
    return sum(_state_elements(group) for group in architecture.cache) * 4 * sequences


def _state_elements(group: CacheGroup) -> int:
    if isinstance(group, Recurrent):
        convolution = (group.conv - 1) * (group.inner + 2 * group.groups * group.state)
        return group.layers * (convolution + group.state * group.inner)
    if isinstance(group, CompressedAttention):
        spread = 2 if group.overlap else 1
        entries = spread * (group.ratio or 0)
        return group.layers * 2 * entries * spread * (group.entry + group.indexer)
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
    kinds = {cache.cells for group in architecture.cache for cache in caches(group, context)}
    masks = sum(2 * UBATCH * n * sequences for n in kinds)
    packing = _packing(architecture, architecture.hidden_size)
    attending = _attending(architecture, architecture.hidden_size, context)
    return low + output, low + output + masks + packing + attending


def _packing(architecture: Architecture, hidden: int) -> int:
    """Return how much of one layer's work may lie beside the logits, in bytes: the largest block it needs at once.

    With experts that is the output of each used one, of the shared one, the residual and the router's scores;
    with latent attention the queries of all heads, widened to the latent rank.
    """
    experts = architecture.experts
    routed = (experts.used + 2) * hidden + experts.count if experts else 0
    latent = max((g.heads * g.rank for g in architecture.cache if isinstance(g, LatentAttention)), default=0)
    return max(PACKING, UBATCH * 4 * max(routed, latent))


def _attending(architecture: Architecture, hidden: int, context: int) -> int:
    """Return what attention with an indexer, compressed or without flash needs at once beside that, in bytes.

    With an indexer, the queries of all heads are there plain and twice as wide as the latent vector, and scores for
    each cell and token. Found by plans of the engine from 2,048 to 131,072 tokens.
    """
    scratch = widths = 0
    for group in architecture.cache:
        if isinstance(group, LatentAttention) and group.indexer:
            scratch = INDEX_SCRATCH * up_to_step(context)
            widths = group.heads * (2 * (group.rank + group.rope) + group.key_length)
        elif isinstance(group, FullAttention) and group.indexer:
            by_block = architecture.name in BLOCK_INDEXED
            scratch = (BLOCK_SCRATCH if by_block else INDEX_SCRATCH) * up_to_step(context)
        elif isinstance(group, CompressedAttention):
            scratch = max(scratch, INDEX_SCRATCH * caches(group, context)[-1].cells)
            widths = (architecture.heads or 0) * group.entry
    streams = STREAMS * hidden if architecture.name in HYPER_CONNECTED else 0
    if architecture.name in WITHOUT_FLASH:
        scratch = 4 * (architecture.heads or 0) * up_to_step(context)
    return UBATCH * (scratch + 4 * (widths + streams))


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
