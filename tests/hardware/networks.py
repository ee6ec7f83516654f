"""Puts a model's header together: its record's dimensions and a `Shape`, in llama.cpp's keys and tensors."""

from __future__ import annotations

from headers import F32, I32, Header, Shape, Value
from mixers import STREAMS, hyper_connections, low_rank_connections, mixer

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

PLAIN_SHARED = frozenset({"gemma4", "grok"})
"""Architectures whose shared expert is the plain feed-forward block."""
GATED_SHARED = frozenset({"qwen35moe", "qwen3next", "qwen4exp"})
HASHED = 3
"""First layers of DeepSeek V4, whose tokens choose their experts by a table in place of a router's bias."""


def build(record: Architecture, shape: Shape) -> Header:
    """Return the header of a model: dimensions from its record, the rest from `shape`."""
    assert record.hidden_size and record.vocabulary_size and record.heads
    header = Header(shape.name or record.name)
    groups = layers_of(record, shape)
    assert {g: groups.count(g) for g in groups} == {g: g.layers for g in record.cache}, "layers by group"
    _keys(header, record, shape, groups)
    _ends(header, record, shape)
    for i, group in enumerate(groups):
        block = f"blk.{i}."
        for norm in shape.norms:
            header.norm(f"{block}{norm}", record.hidden_size, bias=shape.layer_norm)
        mixer(header, i, record, shape, group)
        if _has_experts(i, record, shape, group):
            _experts(header, block, record, shape)
        elif width := _width(record, group):
            _dense(header, block, record, width, shape)
        _extras(header, i, record, shape)
    return header


def layers_of(record: Architecture, shape: Shape) -> list[CacheGroup]:
    """Return the cache group of each layer; layers that share another's cache come last."""
    if shape.order:
        return [record.cache[i] for i in shape.order]
    own: list[CacheGroup] = [g for g in record.cache if not isinstance(g, NoCache)]
    if len(own) == 1:
        return own * record.layers
    main = next(g for g in own if isinstance(g, (FullAttention, LatentAttention)))
    other = next(g for g in own if g is not main)
    shared = [g for g in record.cache if isinstance(g, NoCache)]
    caching = record.layers - sum(g.layers for g in shared)
    like = [main if i in shape.full else other for i in range(record.layers)]
    return like[:caching] + [_sharing(shared, group) for group in like[caching:]]


def _sharing(shared: list[NoCache], like: CacheGroup) -> NoCache:
    """Return the group of a layer that shares the cache of one with the same width of a head."""
    assert isinstance(like, (FullAttention, WindowAttention))
    return next(g for g in shared if g.key_length == like.key_length)


def _width(record: Architecture, group: CacheGroup) -> int:
    own = group.feed_forward if isinstance(group, NoCache) else None
    return own or record.feed_forward or 0


def _has_experts(layer: int, record: Architecture, shape: Shape, group: CacheGroup) -> bool:
    if not record.experts:
        return False
    if shape.experts_every:
        return (layer + 1) % shape.experts_every == 0
    if record.name == "nemotron_h_moe":
        return isinstance(group, NoCache)
    return layer >= record.experts.dense_layers


def _keys(header: Header, record: Architecture, shape: Shape, groups: list[CacheGroup]) -> None:
    keys = header.keys
    keys |= {"block_count": record.layers, "context_length": 131072, "embedding_length": record.hidden_size or 0}
    keys |= {"vocab_size": record.vocabulary_size or 0, "attention.head_count": record.heads or 0}
    keys |= {"attention.layer_norm_rms_epsilon": 1e-6, "attention.layer_norm_epsilon": 1e-6, "rope.freq_base": 1e6}
    widths = [_width(record, group) for group in groups]
    keys["feed_forward_length"] = widths if len(set(widths)) > 1 else widths[0]
    if record.experts and not record.feed_forward:
        keys["feed_forward_length"] = record.experts.feed_forward
    # where an interval tells the attention layers apart, the header holds one number for all layers
    counted = [g for g in groups if isinstance(g, FullAttention)] if "full_attention_interval" in shape.keys else groups
    heads_kv = [_heads_kv(group, groups) for group in counted]
    keys["attention.head_count_kv"] = heads_kv if len(set(heads_kv)) > 1 else heads_kv[0]
    for group in record.cache:
        _group_keys(keys, group, shape)
    if record.experts:
        e = record.experts
        keys |= {"expert_count": e.count, "expert_used_count": e.used, "expert_feed_forward_length": e.feed_forward}
        if e.dense_layers and not shape.experts_every:
            keys["leading_dense_block_count"] = e.dense_layers
        if e.latent:
            keys["expert_latent_length"] = e.latent
        if shape.shared_as_count:
            keys["expert_shared_count"] = e.shared // e.feed_forward
        elif e.shared:
            keys["expert_shared_feed_forward_length"] = e.shared
    keys |= shape.keys


def _heads_kv(group: CacheGroup, groups: list[CacheGroup]) -> int:
    if isinstance(group, NoCache):
        like = groups[0]
        return like.kv_heads if isinstance(like, WindowAttention) else 0
    if isinstance(group, (FullAttention, WindowAttention)):
        return group.kv_heads
    return int(isinstance(group, (LatentAttention, CompressedAttention)))


def _group_keys(keys: dict[str, Value], group: CacheGroup, shape: Shape) -> None:
    if isinstance(group, FullAttention):
        keys |= {"attention.key_length": group.key_length, "attention.value_length": group.value_length}
        keys["rope.dimension_count"] = shape.rope or group.key_length
    elif isinstance(group, WindowAttention):
        keys["attention.sliding_window"] = group.window
    elif isinstance(group, LatentAttention):
        keys |= {"attention.key_length": group.rank + group.rope, "attention.value_length": group.rank}
        keys |= {"attention.kv_lora_rank": group.rank, "rope.dimension_count": group.rope}
        keys |= {"attention.key_length_mla": group.key_length + group.rope}
        keys |= {"attention.value_length_mla": group.value_length}
        if group.query_rank:
            keys["attention.q_lora_rank"] = group.query_rank
    elif isinstance(group, CompressedAttention):
        keys |= {"attention.key_length": group.entry, "attention.value_length": group.entry}
        keys |= {"attention.sliding_window": group.window, "attention.q_lora_rank": group.query_rank}
        keys |= {"attention.output_lora_rank": group.output_rank, "attention.output_group_count": group.output_groups}
    elif isinstance(group, Recurrent):
        keys |= {"ssm.conv_kernel": group.conv, "ssm.inner_size": group.inner, "ssm.state_size": group.state}
        keys |= {"ssm.group_count": group.groups, "ssm.time_step_rank": shape.heads_of_state}
    elif isinstance(group, DeltaAttention):
        keys |= {"ssm.conv_kernel": group.conv, "kda.head_dim": group.head_dim}


def _ends(header: Header, record: Architecture, shape: Shape) -> None:
    hidden, vocabulary = record.hidden_size or 0, record.vocabulary_size or 0
    header.matrix("token_embd", hidden, vocabulary)
    if record.name != "qwen4exp":
        header.norm("output_norm", hidden, bias=shape.layer_norm)
    if not record.tied_embeddings:
        header.matrix("output", hidden, vocabulary)
    if record.layer_embedding:
        wide = record.layer_embedding * record.layers
        header.matrix("per_layer_token_embd", wide, vocabulary)
        header.matrix("per_layer_model_proj", hidden, wide)
        header.norm("per_layer_proj_norm", record.layer_embedding)
    if record.name == "gemma3n":
        for name in ("altup_proj", "altup_unembd_proj"):
            header.matrix(name, hidden, hidden, STREAMS - 1)
    elif record.name == "gemma4":
        key = next(g.key_length for g in record.cache if isinstance(g, FullAttention))
        header.norm("rope_freqs", key // 2)
    if shape.hyper and record.name != "glm5-next":
        header.matrix("output_hc_fn", STREAMS * hidden, STREAMS)
        header.norm("output_hc_base", STREAMS)
        header.norm("output_hc_scale", 1)
    if record.name == "kimi-k3":
        header.norm("output_res_score", hidden)
    elif record.name == "qwen4exp":
        low_rank_connections(header, hidden, record.layers)


def _dense(header: Header, block: str, record: Architecture, width: int, shape: Shape, suffix: str = "") -> None:
    hidden, gated = record.hidden_size or 0, record.feed_forward_gated
    if gated and not shape.fused_up:
        header.matrix(f"{block}ffn_gate{suffix}", hidden, width)
    header.matrix(f"{block}ffn_up{suffix}", hidden, width * (2 if shape.fused_up else 1))
    header.matrix(f"{block}ffn_down{suffix}", width, hidden)
    if shape.layer_norm:
        header.vector(f"{block}ffn_up.bias", width)
        header.vector(f"{block}ffn_down.bias", hidden)


def _experts(header: Header, block: str, record: Architecture, shape: Shape) -> None:
    experts, hidden = record.experts, record.hidden_size or 0
    assert experts
    width, count, routed = experts.feed_forward, experts.count, experts.latent or hidden
    header.matrix(f"{block}ffn_gate_inp", hidden, count, kind=F32)
    if record.name == "gemma4":
        header.matrix(f"{block}ffn_gate_up_exps", hidden, 2 * width, count)
    else:
        if record.feed_forward_gated:
            header.matrix(f"{block}ffn_gate_exps", routed, width, count)
        header.matrix(f"{block}ffn_up_exps", routed, width, count)
    header.matrix(f"{block}ffn_down_exps", width, routed, count)
    if experts.latent:
        header.matrix(f"{block}ffn_routed_down", hidden, routed)
        header.matrix(f"{block}ffn_routed_up", routed, hidden)
    if record.name == "deepseek4" and int(block.split(".")[1]) < HASHED:
        header.matrix(f"{block}ffn_gate_tid2eid", experts.used, record.vocabulary_size or 0, kind=I32)
    elif shape.router_bias:
        header.vector(f"{block}exp_probs_b.bias", count)
    if shape.biases:
        header.vector(f"{block}ffn_gate_inp.bias", count)
        for name, size in (("gate", width), ("up", width), ("down", hidden)):
            header.vector(f"{block}ffn_{name}_exps.bias", size, count)
    if experts.shared:
        _dense(header, block, record, experts.shared, shape, "" if record.name in PLAIN_SHARED else "_shexp")
        if record.name in GATED_SHARED:
            header.norm(f"{block}ffn_gate_inp_shexp", hidden)


def _extras(header: Header, layer: int, record: Architecture, shape: Shape) -> None:
    """Add what a block of one architecture alone has."""
    block, hidden, beside = f"blk.{layer}.", record.hidden_size or 0, record.layer_embedding
    if shape.hyper:
        hyper_connections(header, block, hidden, shape.hyper)
    if record.name == "kimi-k3":
        for part in ("attn", "ffn"):
            header.norm(f"{block}{part}_res_score", hidden)
    if record.name == "plamo2":
        for norm in ("post_attention_norm", "post_ffw_norm"):
            header.vector(f"{block}{norm}", hidden)
    if beside:
        header.matrix(f"{block}inp_gate", hidden, beside)
        header.matrix(f"{block}proj", beside, hidden)
        header.norm(f"{block}post_norm", hidden)
    if record.name == "gemma3n":
        _altup(header, block, hidden)
    elif record.name == "gemma4":
        header.vector(f"{block}layer_output_scale.weight", 1)
        if record.experts:
            for norm in ("pre_ffw_norm_2", "post_ffw_norm_1", "post_ffw_norm_2"):
                header.norm(f"{block}{norm}", hidden)
            header.vector(f"{block}ffn_gate_inp.scale", hidden)
            header.vector(f"{block}ffn_down_exps.scale", record.experts.count)


def _altup(header: Header, block: str, hidden: int) -> None:
    """Add alternating updates of four streams and the low-rank residual (rank 64) of Gemma 3n."""
    header.matrix(f"{block}altup_correct_coef", STREAMS, STREAMS, kind=F32)
    header.norm(f"{block}altup_correct_scale", hidden)
    header.matrix(f"{block}altup_predict_coef", STREAMS, STREAMS**2, kind=F32)
    header.matrix(f"{block}altup_router", hidden, STREAMS)
    header.norm(f"{block}altup_router_norm", hidden)
    header.matrix(f"{block}laurel_l", hidden, 64)
    header.matrix(f"{block}laurel_r", 64, hidden)
    header.norm(f"{block}laurel_post_norm", hidden)
