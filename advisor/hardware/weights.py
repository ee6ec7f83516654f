"""The size of a model's weights in a quantization, worked out from its shape, and what one token reads of it.

llama.cpp does not give every tensor the type that a file is named after: the output matrix and some value, down
and attention output projections get more bits, and rows that are no multiple of a type's block get another type.
Source: `llama_tensor_get_type` and `tensor_type_fallback` in llama.cpp's `src/llama-quant.cpp`; bits of a type
from its block layout in `ggml/src/ggml-common.h`. How near this comes to real files: docs/memory.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal

import msgspec
from msgspec.structs import replace

from advisor.catalog.schema import (
    Architecture,
    CacheGroup,
    CompressedAttention,
    DeltaAttention,
    FullAttention,
    LatentAttention,
    NoCache,
    Parameters,
    Recurrent,
    WindowAttention,
)

BITS = {
    "F32": 32.0, "F16": 16.0, "BF16": 16.0, "Q8_0": 8.5, "Q6_K": 6.5625, "Q5_K": 5.5, "Q5_1": 6.0, "Q5_0": 5.5,
    "Q4_K": 4.5, "Q4_1": 5.0, "Q4_0": 4.5, "IQ4_NL": 4.5, "IQ4_XS": 4.25, "MXFP4": 4.25, "Q3_K": 3.4375,
    "Q2_K": 2.625,
}  # fmt: skip
"""Bits of one element by type of tensor, scales included."""
FALLBACK = {"Q6_K": "Q8_0", "Q5_K": "Q5_1", "Q4_K": "Q5_0", "IQ4_XS": "IQ4_NL", "Q3_K": "Q4_0", "Q2_K": "Q4_0"}
"""Types in blocks of 256 elements, and what takes their place where a row is no multiple of that."""
BLOCK = 256
UNSEEN = 0.25
"""Share of the published count that towers for images, next-token heads and matrices counted twice may make."""
OVER_COUNTED, OVER_STATED = 0.05, 0.15
"""Share by which a shape may make more than the hub counts, or than a maker says in round figures."""
VOCABULARY_ENTRY = 40
"""Bytes of a file's header for each entry of the vocabulary (text, type, merge rule), about."""
FUSED = frozenset({"phi3"})
"""Architectures whose query, key and value are one matrix, which llama.cpp quantizes as it does a value projection."""
GATED_DELTA = frozenset({"qwen35", "qwen35moe", "qwen3next", "qwen4exp"})
"""Architectures whose recurrent layers have that one matrix too, and whose query carries a gate of its own size."""
GATED = frozenset({"hy_v4", "kimi-k3", "muse-glimmer"})
"""Architectures with a gate as wide as all heads before the output of attention."""

Role = Literal["embedding", "output", "key", "value", "down", "merge", "router", "rows", "kept", "other"]
"""`router`: stays F32; `kept`: stays in 16 bits, as published; `rows`: a table of which a token reads but a row."""
Shares = tuple[tuple[str, float], ...]


class Mix(msgspec.Struct, frozen=True, gc=False):
    """The types of a quantization: by role the share of layers that get another type than `base`."""

    base: str
    output: str = "Q6_K"
    """Type of the output matrix, and of the embedding where it serves as output too."""
    value: Shares = ()
    down: Shares = ()
    merge: Shares = ()
    """Attention output."""
    experts: Shares = ()
    """All matrices of routed experts, whatever their role."""


_HALF_Q6 = (("Q6_K", 0.5),)
MIXES = {
    "F32": Mix("F32", "F32"),
    "F16": Mix("F16", "F16"),
    "BF16": Mix("BF16", "BF16"),
    "Q8_0": Mix("Q8_0", "Q8_0"),
    "Q6_K": Mix("Q6_K"),
    "Q5_K_M": Mix("Q5_K", value=_HALF_Q6, down=_HALF_Q6),
    "Q5_K_S": Mix("Q5_K"),
    "Q5_0": Mix("Q5_0"),
    "Q4_K_M": Mix("Q4_K", value=_HALF_Q6, down=_HALF_Q6),
    "Q4_K_S": Mix("Q4_K", down=(("Q5_K", 1 / 8),)),
    "Q4_0": Mix("Q4_0", down=(("Q4_1", 1 / 8),)),
    "Q4_1": Mix("Q4_1"),
    "IQ4_NL": Mix("IQ4_NL", value=(("Q5_K", 1.0),)),
    "IQ4_XS": Mix("IQ4_XS", value=(("Q5_K", 1.0),)),
    "Q3_K_L": Mix("Q3_K", value=(("Q5_K", 1.0),), down=(("Q5_K", 1.0),), merge=(("Q5_K", 1.0),)),
    "Q3_K_M": Mix("Q3_K", value=(("Q4_K", 1.0),), down=(("Q5_K", 1 / 16), ("Q4_K", 15 / 16)), merge=(("Q4_K", 1.0),)),
    "Q3_K_S": Mix("Q3_K"),
    "Q2_K": Mix("Q2_K", value=(("Q4_K", 1.0),), down=(("Q3_K", 1.0),), merge=(("Q3_K", 1.0),)),
    "MXFP4": Mix("Q8_0", "Q8_0", experts=(("MXFP4", 1.0),)),
}
MIXES["Q4_K"] = MIXES["Q4_K_M"]


class Part(msgspec.Struct, frozen=True, gc=False):
    """Tensors that are quantized alike: elements of all of them, and elements of one row."""

    role: Role
    elements: int
    row: int
    routed: bool = False
    """Of experts, of which a token reads only those that it is routed to."""


class Weights(msgspec.Struct, frozen=True, gc=False):
    """Bytes of the weights: in memory, and read for one token (routed experts at the share that is used)."""

    total: int
    active: int


def elements(architecture: Architecture) -> tuple[int, ...]:
    """Return the parameters that a shape makes, with one and with two vocabulary matrices where it does not say which.

    Empty where the shape says too little.
    """
    hidden, vocabulary = architecture.hidden_size, architecture.vocabulary_size
    if hidden is None or vocabulary is None or not architecture.cache:
        return ()
    body = sum(part.elements for part in _body(architecture, hidden, vocabulary))
    tied = architecture.tied_embeddings
    return tuple(body + count * vocabulary * hidden for count in ((1, 2) if tied is None else (1,) if tied else (2,)))


def _body(architecture: Architecture, hidden: int, vocabulary: int) -> list[Part]:
    """Return everything but the vocabulary matrices at both ends."""
    parts = [*_mixers(architecture, hidden), *_feed_forwards(architecture, hidden)]
    if architecture.layer_embedding:
        width = architecture.layers * architecture.layer_embedding
        parts.append(Part("rows", vocabulary * width, hidden))
        parts += [Part("kept", hidden * width, hidden), Part("router", 2 * hidden * width, hidden)]
    return parts


def classes(architecture: Architecture, parameters: Parameters) -> tuple[Part, ...] | None:
    """Split a model's text tensors by role; None where the record says too little or contradicts the count.

    Where a record does not say whether the embedding serves as output too, the nearer count decides.
    """
    hidden, vocabulary = architecture.hidden_size, architecture.vocabulary_size
    if hidden is None or vocabulary is None:
        return None
    parts = _body(architecture, hidden, vocabulary)
    body, table = sum(part.elements for part in parts), vocabulary * hidden
    published = parameters.hub_count or parameters.total
    tied = architecture.tied_embeddings
    if tied is None:
        tied = published < body + 1.5 * table
    parts.append(Part("embedding", table, hidden))
    if not tied:
        parts.append(Part("output", table, hidden))
    unseen = published - body - table * (1 if tied else 2) - (parameters.beside_text or 0)
    over = OVER_COUNTED if parameters.hub_count else OVER_STATED
    return tuple(parts) if -over < unseen / published < UNSEEN else None


def weigh(architecture: Architecture, parts: tuple[Part, ...], quantization: str) -> Weights | None:
    """Return the bytes of tensors split by `classes` in `quantization`, or None where its mix is not known."""
    if quantization not in MIXES:
        return None
    tied = all(part.role != "output" for part in parts)
    used = architecture.experts.used / architecture.experts.count if architecture.experts else 1.0
    eight = architecture.experts is not None and architecture.experts.count == 8
    total = active = 0.0
    for part in parts:
        bits = _bits(part.role, part.row % BLOCK == 0, part.routed, quantization, tied, eight)
        size = part.elements * bits / 8
        total += size
        if part.routed:
            active += size * used
        elif part.role != "rows" and (part.role != "embedding" or tied):
            active += size
    return Weights(int(total) + VOCABULARY_ENTRY * (architecture.vocabulary_size or 0), int(active))


def least(parameters: Parameters, quantization: str) -> int | None:
    """Return the bytes that weights whose shape is not known take at least; None where the mix is not known.

    Every parameter of the text network counts at the fewest bits of any type of the mix.
    """
    if quantization not in MIXES:
        return None
    mix = MIXES[quantization]
    bits = min(BITS[kind] for kind in (mix.base, *(kind for kind, _ in mix.experts)))
    return int((parameters.total - (parameters.beside_text or 0)) * bits / 8)


def scaled(architecture: Architecture | None, parameters: Parameters | None, size: int, quantization: str) -> Weights:
    """Return the weights of a file of known `size` in bytes, with the share of it that one token reads."""
    share = None
    if architecture and parameters:
        parts = classes(architecture, parameters)
        if parts:
            worked = weigh(architecture, parts, quantization) or weigh(architecture, parts, "Q4_K_M")
            share = worked.active / worked.total if worked else None
        elif parameters.active:
            share = parameters.active / parameters.total
    return Weights(size, int(size * min(share or 1.0, 1.0)))


def _mixers(architecture: Architecture, hidden: int) -> Iterator[Part]:
    """Yield what mixes tokens: attention and recurrent layers, without their vectors."""
    heads = architecture.heads or 0
    gated, gates = architecture.name in GATED_DELTA, int(architecture.name in GATED)
    for group in (_projected(group, architecture) for group in architecture.cache):
        n = group.layers * hidden
        if isinstance(group, (FullAttention, WindowAttention)):
            fused = architecture.name in FUSED
            yield Part("value" if fused else "other", n * heads * group.key_length * (2 if gated else 1), hidden)
            yield Part("value" if fused else "key", n * group.kv_heads * group.key_length, hidden)
            yield Part("value", n * group.kv_heads * group.value_length, hidden)
            yield Part("other", gates * n * heads * group.value_length, hidden)
            yield Part("merge", n * heads * group.value_length, heads * group.value_length)
        elif isinstance(group, LatentAttention):
            query = group.heads * (group.key_length + group.rope)
            projected = group.query_rank * (hidden + query) if group.query_rank else hidden * query
            unfolded = group.rank * group.heads * (group.key_length + group.value_length)
            merged = group.heads * group.value_length
            yield Part("other", n * (group.rank + group.rope + gates * merged), hidden)
            yield Part("other", group.layers * (projected + unfolded), hidden)
            yield Part("merge", n * merged, merged)
        elif isinstance(group, CompressedAttention):
            query, merged = heads * group.entry, group.output_groups * group.output_rank
            compressor = 2 * (2 if group.overlap else 1) * (group.entry + group.indexer) if group.ratio else 0
            yield Part("other", n * (group.query_rank + group.entry + compressor), hidden)
            yield Part("other", group.layers * query * (group.query_rank + group.output_rank), group.query_rank)
            yield Part("merge", n * merged, merged)
        elif isinstance(group, Recurrent):
            yield Part("value" if gated else "other", n * (group.inner + 2 * group.groups * group.state), hidden)
            yield Part("other", n * group.inner, hidden)
            yield Part("other", n * group.inner, group.inner)
        elif isinstance(group, DeltaAttention):
            wide = group.heads * group.head_dim
            yield Part("other", 2 * n * wide + 2 * group.layers * (hidden + wide) * group.head_dim, hidden)
            yield Part("value", n * wide, hidden)
            yield Part("merge", n * wide, wide)


def _projected(group: CacheGroup, architecture: Architecture) -> CacheGroup:
    """Return layers that share a cache as ones with projections of their own, which files hold unused."""
    if not isinstance(group, NoCache):
        return group
    kinds = (g for g in architecture.cache if isinstance(g, (FullAttention, WindowAttention)))
    like = next((g for g in kinds if g.key_length == group.key_length), None)
    return replace(like, layers=group.layers) if like else group


def _feed_forwards(architecture: Architecture, hidden: int) -> Iterator[Part]:
    """Yield the feed-forward blocks: gate and up, down; with experts also the router, which stays F32."""
    experts = architecture.experts
    upward = 2 if architecture.feed_forward_gated else 1
    wide = [(g.feed_forward, g.layers) for g in architecture.cache if isinstance(g, NoCache) and g.feed_forward]
    dense_layers = experts.dense_layers if experts else architecture.layers - sum(layers for _, layers in wide)
    for width, layers in ((architecture.feed_forward or 0, dense_layers), *wide):
        yield from _block(layers * hidden * width, upward, hidden, width)
    if experts:
        n = architecture.layers - dense_layers
        routed = experts.latent or hidden
        if experts.latent:
            yield Part("other", 2 * n * hidden * routed, hidden)
        yield from _block(n * hidden * experts.shared, upward, hidden, experts.shared)
        matrix = n * routed * experts.count * experts.feed_forward
        yield from _block(matrix, upward, routed, experts.feed_forward, routed=True)
        yield Part("router", n * hidden * experts.count, hidden)


def _block(matrix: int, upward: int, hidden: int, width: int, routed: bool = False) -> Iterator[Part]:
    """Yield `upward` matrices (up, and the gate where there is one) and down, each of `matrix` elements."""
    yield Part("other", upward * matrix, hidden, routed)
    yield Part("down", matrix, width, routed)


@cache
def _bits(role: Role, whole: bool, routed: bool, quantization: str, tied: bool, eight: bool) -> float:
    """Return the bits of an element, on average over the layers; `whole`: rows are multiples of `BLOCK`.

    With `eight` experts, llama.cpp gives keys, values and attention output more bits.
    """
    mix = MIXES[quantization]
    if role == "router":
        return BITS["F32"]
    if role == "kept":
        return max(BITS["BF16"], BITS[mix.base])
    if eight and BITS[mix.base] < BITS["Q8_0"] and role in ("key", "value"):
        return BITS["Q8_0"]
    if eight and BITS[mix.base] < BITS["Q5_K"] and role == "merge":
        return BITS[_fitting("Q5_K", whole)]
    if role == "output" or (role == "embedding" and tied):
        return BITS[_fitting(mix.output, whole)]
    shares: Shares = ()
    if routed and mix.experts:
        shares = mix.experts
    elif role == "value":
        shares = mix.value
    elif role == "down":
        shares = mix.down
    elif role == "merge":
        shares = mix.merge
    rest = 1.0 - sum(share for _, share in shares)
    return sum(share * BITS[_fitting(kind, whole)] for kind, share in (*shares, (mix.base, rest)))


def _fitting(kind: str, whole: bool) -> str:
    return kind if whole else FALLBACK.get(kind, kind)
