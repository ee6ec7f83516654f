"""The tensors of what mixes tokens, by kind of layer: attention, latent and compressed attention, recurrent layers."""

from __future__ import annotations

from headers import F32, Header, Shape

from advisor.catalog.schema import (
    Architecture,
    CacheGroup,
    CompressedAttention,
    DeltaAttention,
    FullAttention,
    LatentAttention,
    NoCache,
    Recurrent,
    WindowAttention,
)

STREAMS = 4
"""Residual streams of hyper-connections and of Gemma 3n."""
INDEXER_KEY = 128
"""Elements of an indexer's key; a record holds what llama.cpp caches, which may be several of that width."""
BOTTLENECK = 320
"""Rank of Qwen 4's hyper-connections."""
POOL = 16
"""Tokens that the indexer of GLM-5.3-Flash takes together."""


def mixer(header: Header, layer: int, record: Architecture, shape: Shape, group: CacheGroup) -> None:
    """Add the tensors of one layer's mixer."""
    block, hidden, heads = f"blk.{layer}.", record.hidden_size or 0, record.heads or 0
    if isinstance(group, (FullAttention, WindowAttention)):
        _attention(header, block, hidden, heads, group, shape)
        if layer in shape.indexers:
            _block_indexer(header, block, hidden, shape.indexer_heads)
    elif isinstance(group, NoCache):
        if group.key_length:
            like = next(g for g in record.cache if getattr(g, "key_length", 0) == group.key_length)
            assert isinstance(like, (FullAttention, WindowAttention))
            _attention(header, block, hidden, heads, like, shape)
    elif isinstance(group, LatentAttention):
        _latent(header, block, hidden, group, shape)
        if layer in shape.indexers:
            _indexer(header, block, hidden, group.query_rank, shape.indexer_heads, pooled=record.name == "glm5-next")
    elif isinstance(group, CompressedAttention):
        _compressed(header, block, hidden, heads, group, shape)
    elif isinstance(group, DeltaAttention):
        _kimi_delta(header, block, hidden, group, record.name)
    else:
        assert isinstance(group, Recurrent)
        _recurrent(header, block, record, group, shape)


def hyper_connections(header: Header, block: str, hidden: int, coefficients: int) -> None:
    """Add what mixes the residual streams before attention and before the feed-forward block."""
    for part in ("attn", "ffn"):
        header.matrix(f"{block}hc_{part}_fn", STREAMS * hidden, coefficients, kind=F32)
        header.norm(f"{block}hc_{part}_base", coefficients)
        header.norm(f"{block}hc_{part}_scale", 2 if coefficients == 2 * STREAMS else 3)


def low_rank_connections(header: Header, hidden: int, layers: int) -> None:
    """Add the hyper-connections of Qwen 4, which pass a bottleneck, before both halves of each layer and at the end."""
    wide = STREAMS * hidden
    for place in ("output_hc", *(f"blk.{i}.hc_{part}" for i in range(layers) for part in ("attn", "ffn"))):
        header.vector(f"{place}_norm.weight", hidden, STREAMS)
        header.matrix(f"{place}_down", wide, BOTTLENECK)
        header.matrix(f"{place}_up", BOTTLENECK, wide)
        if place != "output_hc":
            header.matrix(f"{place}_inject", wide, STREAMS)


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
    if shape.output_gate:
        header.matrix(f"{block}attn_gate", hidden, merged)
    if shape.head_norm == "heads":
        header.vector(f"{block}attn_q_norm.weight", group.key_length, heads)
        header.vector(f"{block}attn_k_norm.weight", group.key_length, group.kv_heads)
    elif shape.head_norm != "none":
        head = shape.head_norm == "head"
        header.norm(f"{block}attn_q_norm", group.key_length if head else query)
        header.norm(f"{block}attn_k_norm", group.key_length if head else key)
    if shape.layer_norm:
        header.vector(f"{block}attn_output.bias", hidden)
    if shape.biases:
        for name, size in (("q", query), ("k", key), ("v", value), ("output", hidden)):
            header.vector(f"{block}attn_{name}.bias", size)
        header.norm(f"{block}attn_sinks", heads)


def _block_indexer(header: Header, block: str, hidden: int, heads: int) -> None:
    """Add the indexer of MiniMax M3, which picks blocks of tokens."""
    header.matrix(f"{block}indexer.q_proj", hidden, heads * INDEXER_KEY)
    header.matrix(f"{block}indexer.k_proj", hidden, INDEXER_KEY)
    header.norm(f"{block}indexer.q_norm", INDEXER_KEY)
    header.norm(f"{block}indexer.k_norm", INDEXER_KEY)


def _latent(header: Header, block: str, hidden: int, group: LatentAttention, shape: Shape) -> None:
    query, merged = group.heads * (group.key_length + group.rope), group.heads * group.value_length
    if group.query_rank:
        header.matrix(f"{block}attn_q_a", hidden, group.query_rank)
        header.norm(f"{block}attn_q_a_norm", group.query_rank)
        header.matrix(f"{block}attn_q_b", group.query_rank, query)
    else:
        header.matrix(f"{block}attn_q", hidden, query)
    header.matrix(f"{block}attn_kv_a_mqa", hidden, group.rank + group.rope)
    header.norm(f"{block}attn_kv_a_norm", group.rank)
    header.matrix(f"{block}attn_k_b", group.key_length, group.rank, group.heads)
    header.matrix(f"{block}attn_v_b", group.rank, group.value_length, group.heads)
    header.matrix(f"{block}attn_output", merged, hidden)
    if shape.output_gate:
        header.matrix(f"{block}attn_gate", hidden, merged)
    if shape.sinks:
        header.norm(f"{block}attn_sinks", group.heads)


def _indexer(header: Header, block: str, hidden: int, query_rank: int, heads: int, pooled: bool) -> None:
    """Add the indexer of DeepSeek V3.2; `pooled`, that of GLM-5.3-Flash."""
    header.norm(f"{block}indexer.k_norm", INDEXER_KEY, bias=True)
    header.matrix(f"{block}indexer.proj", hidden, heads)
    header.matrix(f"{block}indexer.attn_k", hidden, INDEXER_KEY)
    header.matrix(f"{block}indexer.attn_q_b", query_rank, heads * INDEXER_KEY)
    if pooled:
        header.matrix(f"{block}indexer_compressor_gate", hidden, INDEXER_KEY)
        header.matrix(f"{block}indexer_compressor_ape", INDEXER_KEY, POOL, kind=F32)


def _compressed(header: Header, block: str, hidden: int, heads: int, group: CompressedAttention, shape: Shape) -> None:
    """Add the attention of DeepSeek V4, and the compressors of entries and of the indexer's keys."""
    header.norm(f"{block}attn_sinks", heads)
    header.matrix(f"{block}attn_q_a", hidden, group.query_rank)
    header.norm(f"{block}attn_q_a_norm", group.query_rank)
    header.matrix(f"{block}attn_q_b", group.query_rank, heads * group.entry)
    header.matrix(f"{block}attn_kv", hidden, group.entry)
    header.norm(f"{block}attn_kv_a_norm", group.entry)
    header.matrix(f"{block}attn_output_a", heads * group.entry // group.output_groups,
                  group.output_rank, group.output_groups)  # fmt: skip
    header.matrix(f"{block}attn_output_b", group.output_groups * group.output_rank, hidden)
    if not group.ratio:
        return
    if group.indexer:
        header.matrix(f"{block}indexer.proj", hidden, shape.indexer_heads)
        header.matrix(f"{block}indexer.attn_q_b", group.query_rank, shape.indexer_heads * group.indexer)
    for name, entry in (("attn", group.entry), ("indexer", group.indexer)):
        if entry:
            wide = entry * (2 if group.overlap else 1)
            header.matrix(f"{block}{name}_compressor_kv", hidden, wide)
            header.matrix(f"{block}{name}_compressor_gate", hidden, wide)
            header.matrix(f"{block}{name}_compressor_ape", wide, group.ratio, kind=F32)
            header.norm(f"{block}{name}_compressor_norm", entry)


def _recurrent(header: Header, block: str, record: Architecture, group: Recurrent, shape: Shape) -> None:
    hidden = record.hidden_size or 0
    if record.name in ("qwen35", "qwen35moe", "qwen3next", "qwen4exp"):
        _gated_delta(header, block, hidden, group, shape.heads_of_state, joined=record.name == "qwen3next")
    elif record.name == "plamo2":
        _plamo2(header, block, hidden, group, shape.heads_of_state)
    elif record.name == "minimax_m1":
        header.matrix(f"{block}attn_qkv", hidden, 3 * group.inner)
        header.matrix(f"{block}attn_gate", hidden, group.inner)
        header.norm(f"{block}attn_norm_2", group.inner)
        header.matrix(f"{block}attn_output", group.inner, hidden)
    else:
        _mamba2(header, block, hidden, group, shape.heads_of_state)


def _gated_delta(header: Header, block: str, hidden: int, group: Recurrent, heads: int, joined: bool) -> None:
    mixed = 2 * group.groups * group.state + group.inner
    header.matrix(f"{block}attn_qkv", hidden, mixed)
    header.matrix(f"{block}attn_gate", hidden, group.inner)
    header.matrix(f"{block}ssm_out", group.inner, hidden)
    header.matrix(f"{block}ssm_conv1d", group.conv, mixed, kind=F32)
    if joined:
        header.matrix(f"{block}ssm_ba", hidden, 2 * heads, kind=F32)
    else:
        header.matrix(f"{block}ssm_beta", hidden, heads, kind=F32)
        header.matrix(f"{block}ssm_alpha", hidden, heads, kind=F32)
    header.vector(f"{block}ssm_dt.bias", heads)
    header.vector(f"{block}ssm_a", heads)
    header.norm(f"{block}ssm_norm", group.state)


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


def _plamo2(header: Header, block: str, hidden: int, group: Recurrent, heads: int) -> None:
    step = max(64, hidden // 16)
    header.matrix(f"{block}ssm_in", hidden, 2 * group.inner)
    header.matrix(f"{block}ssm_out", group.inner, hidden)
    header.matrix(f"{block}ssm_conv1d", group.conv, group.inner, kind=F32)
    header.matrix(f"{block}ssm_x", group.inner, step + 2 * group.state)
    header.matrix(f"{block}ssm_dt", step, heads)
    for name, size in (
        ("dt.bias", heads), ("a", heads), ("d", heads),
        ("dt_norm", step), ("b_norm", group.state), ("c_norm", group.state),
    ):  # fmt: skip
        header.vector(f"{block}ssm_{name}", size)


def _kimi_delta(header: Header, block: str, hidden: int, group: DeltaAttention, architecture: str) -> None:
    wide = group.heads * group.head_dim
    for name in ("q", "k", "v"):
        header.matrix(f"{block}attn_{name}", hidden, wide)
        header.matrix(f"{block}ssm_conv1d_{name}", group.conv, 1, wide, kind=F32)
    full_gate = architecture == "kimi-k3"
    for name in ("f",) if full_gate else ("f", "g"):
        header.matrix(f"{block}ssm_{name}_a", hidden, group.head_dim)
        header.matrix(f"{block}ssm_{name}_b", group.head_dim, wide)
    if full_gate:
        header.matrix(f"{block}ssm_g", hidden, wide)
    header.matrix(f"{block}ssm_beta", hidden, group.heads)
    header.vector(f"{block}ssm_a", *((1, group.heads) if architecture == "kimi-linear" else (group.heads,)))
    header.vector(f"{block}ssm_dt.bias", wide)
    header.norm(f"{block}ssm_norm", group.head_dim)
    header.matrix(f"{block}attn_output", wide, hidden)
