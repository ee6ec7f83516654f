"""Writes GGUF files that hold a real model's header and tensor table, and a hole where the weights would be.

llama.cpp plans the memory of a model from its header alone. The dimensions come from the catalog's record;
`Shape` adds what a header needs beyond it. The layout of the file is that of
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; names of keys and tensors are llama.cpp's.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from advisor.catalog.schema import (
    Architecture,
    CacheGroup,
    DeltaAttention,
    FullAttention,
    LatentAttention,
    NoCache,
    Recurrent,
    WindowAttention,
)

Value = str | bool | int | float | Sequence[int]
ALIGNMENT = 32
F32, F16 = 0, 1
BEFORE = ("attn_norm", "ffn_norm")
MIDDLE = ("attn_norm", "post_attention_norm")
AFTER = ("post_attention_norm", "post_ffw_norm")
AROUND = ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")


@dataclass
class Header:
    """Keys and tensors of one file. Matrices are f16, vectors f32: the plan does not depend on types."""

    architecture: str
    keys: dict[str, Value] = field(default_factory=dict)
    tensors: list[tuple[str, tuple[int, ...], int]] = field(default_factory=list)

    def matrix(self, name: str, *shape: int, kind: int = F16) -> None:
        """Add a weight; the first dimension is the length of a row."""
        self.tensors.append((f"{name}.weight", shape, kind))

    def vector(self, name: str, *shape: int) -> None:
        """Add a norm, a bias or a scale under its full name."""
        self.tensors.append((name, shape, F32))

    def write(self, path: Path) -> Path:
        """Write the header; the weights are a hole of their full size, so that the file takes no room."""
        named = {f"{self.architecture}.{name}": value for name, value in self.keys.items()}
        every = {"general.architecture": self.architecture, "tokenizer.ggml.model": "no_vocab", **named}
        table, offset = b"", 0
        for name, shape, kind in self.tensors:
            table += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
            offset = _aligned(offset + prod(shape) * (4 if kind == F32 else 2))
        head = b"GGUF" + struct.pack("<IQQ", 3, len(self.tensors), len(every))
        head += b"".join(_text(name) + _value(value) for name, value in every.items()) + table
        with path.open("wb") as file:
            file.write(head)
            file.truncate(_aligned(len(head)) + offset)
        return path


@dataclass(frozen=True)
class Shape:
    """What a header needs and a catalog record does not hold."""

    full: tuple[int, ...] = ()
    """Indexes of the layers of the record's full (or latent) group, where there are several groups."""
    norms: tuple[str, ...] = BEFORE
    head_norm: str = "none"
    """`head`: query and key have a norm per head; `row`: one for the whole row; `none`."""
    keys: Mapping[str, Value] = field(default_factory=dict)
    rope: int | None = None
    """Rotary dimensions, where they are not the whole key."""
    query_gate: bool = False
    """The query projection carries a gate of its own width."""
    fused: bool = False
    """Query, key and value are one matrix, and so are gate and up."""
    biases: bool = False
    """Attention, router and experts have biases, and attention has sinks (gpt-oss)."""
    router_bias: bool = False
    shared_as_count: bool = False
    """The header counts shared experts and does not give their width."""
    value_as_key: bool = False
    """Full layers have no value projection: the keys serve as values (Gemma 4)."""
    per_layer_embedding: int = 0
    query_rank: int = 0
    key_part: int = 128
    """Elements of a latent head's key that do not rotate."""
    latent_value: int = 128
    heads_of_state: int = 0
    """Heads of a recurrent layer."""


def build(record: Architecture, shape: Shape) -> Header:
    """Return the header of a model: dimensions from its record, the rest from `shape`."""
    assert record.hidden_size and record.vocabulary_size and record.heads
    header = Header(record.name)
    groups = layers_of(record, shape)
    assert {g: groups.count(g) for g in groups} == {g: g.layers for g in record.cache}, "layers by group"
    _keys(header, record, shape, groups)
    _ends(header, record, shape)
    for i, group in enumerate(groups):
        block = f"blk.{i}."
        for norm in shape.norms:
            header.vector(f"{block}{norm}.weight", record.hidden_size)
        _mixer(header, i, record, shape, group)
        if record.experts and i >= record.experts.dense_layers:
            _experts(header, block, record, shape)
        else:
            _dense(header, block, record.hidden_size, record.feed_forward or 0, shape)
        if record.name == "gemma4":
            _gemma4(header, block, record, shape)
    return header


def layers_of(record: Architecture, shape: Shape) -> list[CacheGroup]:
    """Return the cache group of each layer; layers without one of their own come last."""
    own: list[CacheGroup] = [g for g in record.cache if not isinstance(g, NoCache)]
    if len(own) == 1:
        return own * record.layers
    main = next(g for g in own if isinstance(g, (FullAttention, LatentAttention)))
    other = next(g for g in own if g is not main)
    shared = [g for g in record.cache if isinstance(g, NoCache)]
    caching = record.layers - sum(g.layers for g in shared)
    return [main if i in shape.full else other for i in range(caching)] + [g for g in shared for _ in range(g.layers)]


def _keys(header: Header, record: Architecture, shape: Shape, groups: list[CacheGroup]) -> None:
    keys = header.keys
    keys |= {"block_count": record.layers, "context_length": 131072, "embedding_length": record.hidden_size or 0}
    keys |= {"vocab_size": record.vocabulary_size or 0, "attention.head_count": record.heads or 0}
    keys |= {"attention.layer_norm_rms_epsilon": 1e-6, "rope.freq_base": 1e6}
    keys["feed_forward_length"] = record.feed_forward or (record.experts.feed_forward if record.experts else 0)
    # where an interval tells the attention layers apart, the header holds one number for all layers
    counted = [g for g in groups if isinstance(g, FullAttention)] if "full_attention_interval" in shape.keys else groups
    heads_kv = [_heads_kv(group, groups) for group in counted]
    keys["attention.head_count_kv"] = heads_kv if len(set(heads_kv)) > 1 else heads_kv[0]
    for group in record.cache:
        _group_keys(keys, group, shape)
    if record.experts:
        e = record.experts
        keys |= {"expert_count": e.count, "expert_used_count": e.used, "expert_feed_forward_length": e.feed_forward}
        if e.dense_layers:
            keys["leading_dense_block_count"] = e.dense_layers
        if shape.shared_as_count:
            keys["expert_shared_count"] = e.shared // e.feed_forward
        elif e.shared:
            keys["expert_shared_feed_forward_length"] = e.shared
    keys |= shape.keys


def _heads_kv(group: CacheGroup, groups: list[CacheGroup]) -> int:
    if isinstance(group, NoCache):
        like = groups[0]
        assert isinstance(like, WindowAttention)
        return like.kv_heads
    if isinstance(group, (FullAttention, WindowAttention)):
        return group.kv_heads
    return int(isinstance(group, LatentAttention))


def _group_keys(keys: dict[str, Value], group: CacheGroup, shape: Shape) -> None:
    if isinstance(group, FullAttention):
        keys |= {"attention.key_length": group.key_length, "attention.value_length": group.value_length}
        keys["rope.dimension_count"] = shape.rope or group.key_length
    elif isinstance(group, WindowAttention):
        keys["attention.sliding_window"] = group.window
    elif isinstance(group, LatentAttention):
        keys |= {"attention.key_length": group.rank + group.rope, "attention.value_length": group.rank}
        keys |= {"attention.kv_lora_rank": group.rank, "rope.dimension_count": group.rope}
        keys |= {"attention.key_length_mla": shape.key_part + group.rope}
        keys |= {"attention.value_length_mla": shape.latent_value}
        if shape.query_rank:
            keys["attention.q_lora_rank"] = shape.query_rank
    elif isinstance(group, Recurrent):
        keys |= {"ssm.conv_kernel": group.conv, "ssm.inner_size": group.inner, "ssm.state_size": group.state}
        keys |= {"ssm.group_count": group.groups, "ssm.time_step_rank": shape.heads_of_state}
    elif isinstance(group, DeltaAttention):
        keys |= {"ssm.conv_kernel": group.conv, "kda.head_dim": group.head_dim}


def _ends(header: Header, record: Architecture, shape: Shape) -> None:
    hidden, vocabulary = record.hidden_size or 0, record.vocabulary_size or 0
    header.matrix("token_embd", hidden, vocabulary)
    header.vector("output_norm.weight", hidden)
    if not record.tied_embeddings:
        header.matrix("output", hidden, vocabulary)
    if record.name == "gemma4":
        key = next(g.key_length for g in record.cache if isinstance(g, FullAttention))
        header.vector("rope_freqs.weight", key // 2)
    if shape.per_layer_embedding:
        wide = shape.per_layer_embedding * record.layers
        header.matrix("per_layer_token_embd", wide, vocabulary)
        header.matrix("per_layer_model_proj", hidden, wide)
        header.vector("per_layer_proj_norm.weight", shape.per_layer_embedding)


def _mixer(header: Header, layer: int, record: Architecture, shape: Shape, group: CacheGroup) -> None:
    block, hidden, heads = f"blk.{layer}.", record.hidden_size or 0, record.heads or 0
    if isinstance(group, NoCache):
        kind = FullAttention if layer in shape.full else WindowAttention
        group = next(g for g in record.cache if isinstance(g, kind))
    if isinstance(group, (FullAttention, WindowAttention)):
        _attention(header, block, hidden, heads, group, shape)
    elif isinstance(group, LatentAttention):
        _latent(header, block, hidden, group, shape)
    elif isinstance(group, Recurrent):
        if record.name.startswith("qwen35"):
            _gated_delta(header, block, hidden, group, shape.heads_of_state)
        else:
            _mamba2(header, block, hidden, group, shape.heads_of_state)
    else:
        assert isinstance(group, DeltaAttention)
        _kimi_delta(header, block, hidden, group)


def _attention(
    header: Header, block: str, hidden: int, heads: int, group: FullAttention | WindowAttention, shape: Shape
) -> None:
    query, key = heads * group.key_length, group.kv_heads * group.key_length
    value, merged = group.kv_heads * group.value_length, heads * group.value_length
    if shape.fused:
        header.matrix(f"{block}attn_qkv", hidden, query + key + value)
    else:
        header.matrix(f"{block}attn_q", hidden, query * (2 if shape.query_gate else 1))
        header.matrix(f"{block}attn_k", hidden, key)
        if not (shape.value_as_key and isinstance(group, FullAttention)):
            header.matrix(f"{block}attn_v", hidden, value)
    header.matrix(f"{block}attn_output", merged, hidden)
    if shape.head_norm != "none":
        head = shape.head_norm == "head"
        header.vector(f"{block}attn_q_norm.weight", group.key_length if head else query)
        header.vector(f"{block}attn_k_norm.weight", group.key_length if head else key)
    if shape.biases:
        for name, size in (("q", query), ("k", key), ("v", value), ("output", hidden)):
            header.vector(f"{block}attn_{name}.bias", size)
        header.vector(f"{block}attn_sinks.weight", heads)


def _latent(header: Header, block: str, hidden: int, group: LatentAttention, shape: Shape) -> None:
    query = group.heads * (shape.key_part + group.rope)
    if shape.query_rank:
        header.matrix(f"{block}attn_q_a", hidden, shape.query_rank)
        header.vector(f"{block}attn_q_a_norm.weight", shape.query_rank)
        header.matrix(f"{block}attn_q_b", shape.query_rank, query)
    else:
        header.matrix(f"{block}attn_q", hidden, query)
    header.matrix(f"{block}attn_kv_a_mqa", hidden, group.rank + group.rope)
    header.vector(f"{block}attn_kv_a_norm.weight", group.rank)
    header.matrix(f"{block}attn_k_b", shape.key_part, group.rank, group.heads)
    header.matrix(f"{block}attn_v_b", group.rank, shape.latent_value, group.heads)
    header.matrix(f"{block}attn_output", group.heads * shape.latent_value, hidden)


def _gated_delta(header: Header, block: str, hidden: int, group: Recurrent, heads: int) -> None:
    mixed = 2 * group.groups * group.state + group.inner
    header.matrix(f"{block}attn_qkv", hidden, mixed)
    header.matrix(f"{block}attn_gate", hidden, group.inner)
    header.matrix(f"{block}ssm_out", group.inner, hidden)
    header.matrix(f"{block}ssm_conv1d", group.conv, mixed, kind=F32)
    header.matrix(f"{block}ssm_beta", hidden, heads, kind=F32)
    header.matrix(f"{block}ssm_alpha", hidden, heads, kind=F32)
    header.vector(f"{block}ssm_dt.bias", heads)
    header.vector(f"{block}ssm_a", heads)
    header.vector(f"{block}ssm_norm.weight", group.state)


def _mamba2(header: Header, block: str, hidden: int, group: Recurrent, heads: int) -> None:
    mixed = group.inner + 2 * group.groups * group.state
    header.matrix(f"{block}ssm_in", hidden, group.inner + mixed + heads)
    header.matrix(f"{block}ssm_out", group.inner, hidden)
    header.matrix(f"{block}ssm_conv1d", group.conv, mixed, kind=F32)
    header.vector(f"{block}ssm_conv1d.bias", mixed)
    header.vector(f"{block}ssm_norm.weight", group.inner // group.groups, group.groups)
    header.vector(f"{block}ssm_dt.bias", heads)
    header.vector(f"{block}ssm_a", 1, heads)
    header.vector(f"{block}ssm_d", 1, heads)


def _kimi_delta(header: Header, block: str, hidden: int, group: DeltaAttention) -> None:
    wide = group.heads * group.head_dim
    for name in ("q", "k", "v"):
        header.matrix(f"{block}attn_{name}", hidden, wide)
        header.matrix(f"{block}ssm_conv1d_{name}", group.conv, 1, wide, kind=F32)
    for name in ("f", "g"):
        header.matrix(f"{block}ssm_{name}_a", hidden, group.head_dim)
        header.matrix(f"{block}ssm_{name}_b", group.head_dim, wide)
    header.matrix(f"{block}ssm_beta", hidden, group.heads)
    header.vector(f"{block}ssm_a", 1, group.heads)
    header.vector(f"{block}ssm_dt.bias", wide)
    header.vector(f"{block}ssm_norm.weight", group.head_dim)
    header.matrix(f"{block}attn_output", wide, hidden)


def _dense(header: Header, block: str, hidden: int, width: int, shape: Shape, suffix: str = "") -> None:
    if not shape.fused:
        header.matrix(f"{block}ffn_gate{suffix}", hidden, width)
    header.matrix(f"{block}ffn_up{suffix}", hidden, width * (2 if shape.fused else 1))
    header.matrix(f"{block}ffn_down{suffix}", width, hidden)


def _experts(header: Header, block: str, record: Architecture, shape: Shape) -> None:
    experts, hidden = record.experts, record.hidden_size or 0
    assert experts
    width, count = experts.feed_forward, experts.count
    header.matrix(f"{block}ffn_gate_inp", hidden, count, kind=F32)
    if record.name == "gemma4":
        header.matrix(f"{block}ffn_gate_up_exps", hidden, 2 * width, count)
    else:
        header.matrix(f"{block}ffn_gate_exps", hidden, width, count)
        header.matrix(f"{block}ffn_up_exps", hidden, width, count)
    header.matrix(f"{block}ffn_down_exps", width, hidden, count)
    if shape.router_bias:
        header.vector(f"{block}exp_probs_b.bias", count)
    if shape.biases:
        header.vector(f"{block}ffn_gate_inp.bias", count)
        for name, size in (("gate", width), ("up", width), ("down", hidden)):
            header.vector(f"{block}ffn_{name}_exps.bias", size, count)
    if experts.shared:
        _dense(header, block, hidden, experts.shared, shape, "" if record.name == "gemma4" else "_shexp")
        if record.name == "qwen35moe":
            header.vector(f"{block}ffn_gate_inp_shexp.weight", hidden)


def _gemma4(header: Header, block: str, record: Architecture, shape: Shape) -> None:
    hidden, wide = record.hidden_size or 0, shape.per_layer_embedding
    header.vector(f"{block}layer_output_scale.weight", 1)
    if wide:
        header.matrix(f"{block}inp_gate", hidden, wide)
        header.matrix(f"{block}proj", wide, hidden)
        header.vector(f"{block}post_norm.weight", hidden)
    if record.experts:
        for norm in ("pre_ffw_norm_2", "post_ffw_norm_1", "post_ffw_norm_2"):
            header.vector(f"{block}{norm}.weight", hidden)
        header.vector(f"{block}ffn_gate_inp.scale", hidden)
        header.vector(f"{block}ffn_down_exps.scale", record.experts.count)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    return struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)
