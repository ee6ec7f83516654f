"""The size of a model's weights in a quantization, tensor class by tensor class, and what one token reads of it.

llama.cpp does not give every tensor the type that a file is named after: the output matrix, half of the value
and down projections of the `_M` mixes get more bits. Source: `llama_tensor_get_type` in llama.cpp's
`src/llama-quant.cpp`; bits of a type from its block layout in `ggml/src/ggml-common.h`.
"""

from __future__ import annotations

from typing import NamedTuple

from advisor.catalog.schema import Architecture, FullAttention, Parameters, WindowAttention

BITS = {
    "F32": 32.0, "F16": 16.0, "BF16": 16.0, "Q8_0": 8.5, "Q6_K": 6.5625, "Q5_K": 5.5, "Q5_1": 6.0, "Q5_0": 5.5,
    "Q4_K": 4.5, "Q4_1": 5.0, "Q4_0": 4.5, "IQ4_NL": 4.5, "IQ4_XS": 4.25, "MXFP4": 4.25, "Q3_K": 3.4375,
    "Q2_K": 2.625,
}  # fmt: skip
"""Bits of one element by type of tensor, scales included."""


class Mix(NamedTuple):
    """Which type each class of tensors gets; `more` is that of the favoured half of value and down projections."""

    base: str
    more: str
    output: str


MIXES = {
    "F32": Mix("F32", "F32", "F32"),
    "F16": Mix("F16", "F16", "F16"),
    "BF16": Mix("BF16", "BF16", "BF16"),
    "Q8_0": Mix("Q8_0", "Q8_0", "Q8_0"),
    "Q6_K": Mix("Q6_K", "Q6_K", "Q6_K"),
    "Q5_K_M": Mix("Q5_K", "Q6_K", "Q6_K"),
    "Q5_K_S": Mix("Q5_K", "Q5_K", "Q6_K"),
    "Q5_0": Mix("Q5_0", "Q5_0", "Q6_K"),
    "Q4_K_M": Mix("Q4_K", "Q6_K", "Q6_K"),
    "Q4_K_S": Mix("Q4_K", "Q4_K", "Q6_K"),
    "Q4_0": Mix("Q4_0", "Q4_0", "Q6_K"),
    "Q4_1": Mix("Q4_1", "Q4_1", "Q6_K"),
    "IQ4_NL": Mix("IQ4_NL", "IQ4_NL", "Q6_K"),
    "IQ4_XS": Mix("IQ4_XS", "IQ4_XS", "Q6_K"),
}


class Classes(NamedTuple):
    """A model's elements by class of tensor."""

    embedding: int
    output: int
    favoured: int
    """Value and down projections outside the experts."""
    favoured_experts: int
    experts: int
    """Up and gate projections of experts."""
    rest: int


class Weights(NamedTuple):
    """Bytes of the weights: in memory, and read for one token (routed experts at the share that is used)."""

    total: int
    active: int


def classes(architecture: Architecture, parameters: Parameters) -> Classes | None:
    """Split a model's elements by class; None where the architecture does not say enough."""
    hidden, vocabulary = architecture.hidden_size, architecture.vocabulary_size
    if hidden is None or vocabulary is None:
        return None
    total = parameters.hub_count or parameters.total
    experts = architecture.experts
    moe_layers = architecture.layers - experts.dense_layers if experts else 0
    routed = moe_layers * experts.count * experts.feed_forward * hidden if experts else 0
    shared = moe_layers * experts.shared * hidden if experts else 0
    dense = (architecture.layers - moe_layers) * (architecture.feed_forward or 0) * hidden
    values = sum(
        g.layers * g.kv_heads * g.value_length * hidden
        for g in architecture.cache
        if isinstance(g, (FullAttention, WindowAttention))
    )
    embedding = vocabulary * hidden
    output = 0 if architecture.tied_embeddings else embedding
    favoured = dense + shared + values
    rest = total - embedding - output - favoured - 3 * routed
    if rest < 0:
        return None
    return Classes(embedding, output, favoured, routed, 2 * routed, rest)


def computed(architecture: Architecture, parameters: Parameters, quantization: str) -> Weights | None:
    """Return the bytes of the weights in `quantization`, or None where they cannot be worked out."""
    parts, mix = classes(architecture, parameters), MIXES.get(quantization)
    if parts is None or mix is None:
        return None
    return _weigh(architecture, parts, mix)


def scaled(architecture: Architecture | None, parameters: Parameters | None, size: int, quantization: str) -> Weights:
    """Return the weights of a file of known `size` in bytes, with the share of it that one token reads."""
    share = None
    if architecture and parameters:
        parts = classes(architecture, parameters)
        if parts:
            worked = _weigh(architecture, parts, MIXES.get(quantization, MIXES["Q4_K_M"]))
            share = worked.active / worked.total
        elif parameters.active:
            share = parameters.active / parameters.total
    return Weights(size, int(size * min(share or 1.0, 1.0)))


def _weigh(architecture: Architecture, parts: Classes, mix: Mix) -> Weights:
    bits, more = BITS[mix.base], BITS[mix.more]
    favoured_bits = (bits + more) / 2
    embedding_bits = BITS[mix.output] if architecture.tied_embeddings else bits
    experts = parts.experts * bits + parts.favoured_experts * favoured_bits
    always = parts.output * BITS[mix.output] + parts.favoured * favoured_bits + parts.rest * bits
    embedding = parts.embedding * embedding_bits
    used = architecture.experts.used / architecture.experts.count if architecture.experts else 1.0
    read = always + experts * used + (embedding if architecture.tied_embeddings else 0)
    return Weights(int((always + experts + embedding) / 8), int(read / 8))
