"""What the headers of llama.cpp's architectures need beyond the catalog's records."""

from __future__ import annotations

from collections.abc import Callable

from headers import AFTER, AROUND, BEFORE, MIDDLE, Shape, Value

from advisor.catalog.schema import (
    Architecture,
    CompressedAttention,
    LatentAttention,
    NoCache,
    Recurrent,
    WindowAttention,
)

SIGMOID: dict[str, Value] = {
    "expert_gating_func": 2, "expert_weights_norm": True, "expert_weights_scale": 2.5,
}  # fmt: skip
GRANITE: dict[str, Value] = {
    "logit_scale": 10.0, "residual_scale": 0.22, "embedding_scale": 12.0, "attention.scale": 0.015625,
}  # fmt: skip
INDEXER: dict[str, Value] = {"attention.indexer.key_length": 128, "attention.indexer.top_k": 2048}
HYPER: dict[str, Value] = {
    "hyper_connection.count": 4, "hyper_connection.sinkhorn_iterations": 20, "hyper_connection.epsilon": 1e-6,
}  # fmt: skip
XIELU: dict[str, Value] = {f"xielu.{name}": 0.5 for name in ("alpha_n", "alpha_p", "beta", "eps")}
SECTIONS: dict[str, Value] = {"rope.dimension_sections": [24, 20, 20, 0]}


def every(step: int, record: Architecture) -> tuple[int, ...]:
    """Return the indexes of each `step`-th layer."""
    return tuple(range(step - 1, record.layers, step))


def gemma4(record: Architecture) -> Shape:
    """Return the shape of Gemma 4: one layer in six global, in five in the E2B; the last of small ones share."""
    full = every(5 if record.layers == 35 else 6, record)
    window = next(g for g in record.cache if isinstance(g, WindowAttention))
    shared = sum(g.layers for g in record.cache if isinstance(g, NoCache))
    keys: dict[str, Value] = {
        "attention.key_length_swa": window.key_length,
        "attention.value_length_swa": window.value_length,
        "rope.dimension_count_swa": window.key_length,
        "rope.freq_base_swa": 10000.0,
        "final_logit_softcapping": 30.0,
        "attention.sliding_window_pattern": [int(i not in full) for i in range(record.layers)],
        "attention.shared_kv_layers": shared,
        "embedding_length_per_layer_input": record.layer_embedding or 0,
    }
    return Shape(full=full, norms=AROUND, head_norm="head", keys=keys, value_as_key=not shared)


def gated_delta(record: Architecture) -> Shape:
    """Return the shape of Qwen 3.5 and 3-Next: every fourth layer gated attention, gated delta nets between."""
    delta = next(g for g in record.cache if isinstance(g, Recurrent))
    keys: dict[str, Value] = {"full_attention_interval": 4, "rope.dimension_sections": [11, 11, 10, 0]}
    return Shape(
        full=every(4, record), norms=MIDDLE, head_norm="head", keys=keys, rope=64, query_gate=True,
        heads_of_state=delta.inner // delta.state,
    )  # fmt: skip


def qwen4(record: Architecture) -> Shape:
    """Return the shape of Qwen 4 without its n-gram table: gated delta nets, every fourth layer full and indexed."""
    delta = next(g for g in record.cache if isinstance(g, Recurrent))
    keys = INDEXER | HYPER | {
        "full_attention_interval": 4, "rope.dimension_sections": [11, 11, 10, 0],
        "attention.indexer.head_count": 4, "hyper_connection.low_rank": 320,
    }  # fmt: skip
    full = every(4, record)
    return Shape(
        full=full, norms=(), head_norm="head", keys=keys, rope=64, query_gate=True, indexers=full, indexer_heads=4,
        heads_of_state=delta.inner // delta.state,
    )  # fmt: skip


def glm4moe(record: Architecture) -> Shape:
    """Return the shape of GLM-4.5; only the large one has norms per head."""
    head_norm = "head" if record.layers == 92 else "none"
    return Shape(norms=MIDDLE, head_norm=head_norm, rope=64, router_bias=True, shared_as_count=True, keys=SIGMOID)


def llama4(record: Architecture) -> Shape:
    """Return the shape of Llama 4: experts on every layer (Scout) or on every second (Maverick)."""
    step = 2 if record.experts and record.experts.dense_layers else 1
    return Shape(full=every(4, record), experts_every=step, keys={"interleave_moe_layer_step": step})


def mimo2(record: Architecture) -> Shape:
    """Return the shape of MiMo-V2: the first layer and one in six see the whole context."""
    full = (0, *every(6, record))
    pattern: dict[str, Value] = {"attention.sliding_window_pattern": [int(i not in full) for i in range(record.layers)]}
    return Shape(full=full, router_bias=True, rope=64, keys=SIGMOID | pattern)


def nemotron(record: Architecture) -> Shape:
    """Return the shape of Nemotron 3 Nano: Mamba-2, a few layers of attention, experts in layers of their own."""
    order = [0] * record.cache[0].layers + [1] * record.cache[1].layers + [2] * record.cache[2].layers
    assert record.experts
    widths: dict[str, Value] = {
        "feed_forward_length": [record.experts.feed_forward if i == 2 else 0 for i in order]
    }  # fmt: skip
    return Shape(order=tuple(order), norms=BEFORE[:1], router_bias=True, heads_of_state=64, keys=SIGMOID | widths)


def sparse_latent(record: Architecture) -> Shape:
    """Return the shape of latent attention with an indexer: on each layer, or on the first and each fourth."""
    group = next(g for g in record.cache if isinstance(g, LatentAttention))
    assert group.indexer
    start = {"glm-dsa": 2, "hy_v4": 1}.get(record.name, 0)
    lit = tuple(range(record.layers))
    if group.indexer.layers < record.layers:
        lit = tuple(i for i in lit if i < start or (i - start) % 4 == 0)
    types: dict[str, Value] = {"attention.indexer.types": [int(i in lit) for i in range(record.layers)]}
    heads = 64 if record.name == "deepseek32" else 16 if record.name == "hy_v4" else 32
    keys = SIGMOID | INDEXER | types | {"attention.indexer.head_count": heads}
    if record.name != "hy_v4":
        return Shape(router_bias=True, shared_as_count=True, indexers=lit, indexer_heads=heads, keys=keys)
    return Shape(
        router_bias=True, shared_as_count=True, indexers=lit, indexer_heads=heads, output_gate=True, sinks=True,
        hyper=8, keys=keys | HYPER | {"hyper_connection.magnitude": 2.0},
    )  # fmt: skip


def minimax_m3(record: Architecture) -> Shape:
    """Return the shape of MiniMax M3, whose indexer picks blocks of 128 tokens on all but the dense layers."""
    assert record.experts
    keys = SIGMOID | INDEXER | {
        "attention.indexer.head_count": 4, "attention.indexer.top_k": 16, "attention.indexer.block_size": 128,
        "attention.indexer.local_blocks": 1,
    }  # fmt: skip
    lit = tuple(range(record.experts.dense_layers, record.layers))
    return Shape(
        head_norm="head", rope=64, router_bias=True, shared_as_count=True, indexers=lit, indexer_heads=4, keys=keys
    )


def deepseek4(record: Architecture) -> Shape:
    """Return the shape of DeepSeek V4: layers without compression first, then ratios 4 and 128 by turns."""
    groups = [g for g in record.cache if isinstance(g, CompressedAttention)]
    order = tuple(i for i, group in enumerate(groups) for _ in range(group.layers))
    keys = SIGMOID | INDEXER | HYPER | {
        "expert_gating_func": 4, "swiglu_clamp_exp": 10.0, "attention.indexer.head_count": 64, "hash_layer_count": 3,
        "attention.compress_rope_freq_base": 160000.0, "rope.dimension_count": 64,
        "attention.compress_ratios": [groups[i].ratio or 0 for i in order],
    }  # fmt: skip
    return Shape(order=order, router_bias=True, shared_as_count=True, indexer_heads=64, hyper=24, keys=keys)


def glm5_next(record: Architecture) -> Shape:
    """Return the shape of GLM-5.3-Flash: Kimi delta attention, every fourth layer latent with a pooled indexer."""
    keys = SIGMOID | INDEXER | HYPER | {"attention.indexer.head_count": 32, "attention.indexer.kpool": 16}
    full = every(4, record)
    return Shape(
        full=full, indexers=full, indexer_heads=32, router_bias=True, shared_as_count=True, hyper=24, keys=keys
    )


def kimi_k3(record: Architecture) -> Shape:
    """Return the shape of Kimi K3: every fourth layer latent, and the last."""
    keys = SIGMOID | {"attn_res.block_size": 12, "activation.situ_beta": 1.0, "activation.situ_linear_beta": 1.0}
    full = (*every(4, record), record.layers - 1)
    return Shape(full=full, output_gate=True, router_bias=True, shared_as_count=True, keys=keys)


def plamo2(record: Architecture) -> Shape:
    """Return the shape of PLaMo 2: Mamba and attention by turns."""
    full = every(2, record)
    return Shape(full=full, head_norm="heads", fused=True, fused_up=True, heads_of_state=32)


def muse_glimmer(record: Architecture) -> Shape:
    """Return the shape of Muse Glimmer: every fourth layer global, with a gate before the output."""
    return Shape(full=every(4, record), norms=AROUND, head_norm="head", output_gate=True, keys={"logit_scale": 1.0})


def grok(record: Architecture) -> Shape:
    """Return the shape of Grok; Grok 2 has a dense block beside the experts."""
    assert record.experts
    width = record.experts.shared or record.experts.feed_forward
    norms = (*BEFORE, "attn_output_norm", "post_ffw_norm")
    return Shape(norms=norms, keys={"feed_forward_length": width})


def minimax_m1(record: Architecture) -> Shape:
    """Return the shape of MiniMax M1, which is that of MiniMax-01: every eighth layer full."""
    return Shape(
        name="minimax-01", full=every(8, record), heads_of_state=64, rope=64,
        keys={"residual_scale": 3.5565588200778455, "full_attention_interval": 8},
    )  # fmt: skip


SHAPES: dict[str, Callable[[Architecture], Shape]] = {
    "llama": lambda _: Shape(),
    "qwen2": lambda _: Shape(),
    "qwen3": lambda _: Shape(head_norm="head"),
    "qwen3moe": lambda _: Shape(head_norm="head"),
    "qwen3vl": lambda _: Shape(head_norm="head", keys=SECTIONS),
    "qwen35": gated_delta,
    "qwen35moe": gated_delta,
    "qwen3next": gated_delta,
    "qwen4exp": qwen4,
    "smollm3": lambda _: Shape(),
    "seed_oss": lambda _: Shape(norms=MIDDLE),
    "mistral3": lambda _: Shape(),
    "phi3": lambda _: Shape(fused=True, fused_up=True),
    "ernie4_5": lambda _: Shape(),
    "ernie4_5-moe": lambda _: Shape(router_bias=True, keys={"interleave_moe_layer_step": 1}),
    "hunyuan-dense": lambda _: Shape(head_norm="head"),
    "hunyuan-moe": lambda _: Shape(head_norm="head"),
    "hy_v3": lambda _: Shape(head_norm="head", keys=SIGMOID),
    "gemma2": lambda record: Shape(full=every(2, record), norms=AROUND),
    "gemma3": lambda record: Shape(full=every(6, record), norms=AROUND, head_norm="head"),
    "gemma3n": lambda record: Shape(full=every(5, record), norms=AROUND, head_norm="head"),
    "gemma4": gemma4,
    "gpt-oss": lambda record: Shape(full=every(2, record), norms=MIDDLE, biases=True),
    "exaone4": lambda record: Shape(full=every(4, record), norms=AFTER, head_norm="head"),
    "exaone-moe": lambda record: Shape(full=every(4, record), head_norm="head", router_bias=True, keys=SIGMOID),
    "olmo2": lambda record: Shape(full=every(4, record), norms=AFTER, head_norm="row"),
    "llama4": llama4,
    "muse-glimmer": muse_glimmer,
    "apertus": lambda _: Shape(head_norm="head", keys=XIELU),
    "jais2": lambda _: Shape(layer_norm=True),
    "grok": grok,
    "mimo2": mimo2,
    "bailingmoe2": lambda _: Shape(
        head_norm="head", fused=True, router_bias=True, shared_as_count=True, keys=SIGMOID
    ),
    "deepseek2": lambda _: Shape(router_bias=True, shared_as_count=True, keys=SIGMOID),
    "mistral4": lambda _: Shape(shared_as_count=True, keys=SIGMOID),
    "deepseek32": sparse_latent,
    "glm-dsa": sparse_latent,
    "hy_v4": sparse_latent,
    "deepseek4": deepseek4,
    "glm4moe": glm4moe,
    "glm5-next": glm5_next,
    "minimax_m1": minimax_m1,
    "minimax-m2": lambda _: Shape(head_norm="row", router_bias=True, rope=64, keys={"expert_gating_func": 2}),
    "minimax-m3": minimax_m3,
    "kimi-linear": lambda _: Shape(
        full=(3, 7, 11, 15, 19, 23, 26), router_bias=True, shared_as_count=True, keys=SIGMOID
    ),
    "kimi-k3": kimi_k3,
    "nemotron_h_moe": nemotron,
    "plamo2": plamo2,
    "granite": lambda _: Shape(keys=GRANITE),
    "granitehybrid": lambda _: Shape(
        full=(5, 15, 25, 35), heads_of_state=128, keys={"rope.scaling.finetuned": False}
    ),
}  # fmt: skip
"""What a header needs beyond the catalog's record, by the record's name of the architecture."""
