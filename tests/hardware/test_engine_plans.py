"""The memory formulas and the catalog's records against the plans of llama.cpp itself.

Run with `-s` to see how many plans were compared.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from headers import AFTER, AROUND, MIDDLE, Shape, Value, build, layers_of
from msgspec.structs import replace

from advisor.catalog import load
from advisor.catalog.schema import Architecture, FullAttention, NoCache, Parameters, Recurrent, WindowAttention
from advisor.engine.memory_plan import EnginePlan, Part, PlanError, plan
from advisor.gguf.header import read_header
from advisor.gguf.source import FileSource
from advisor.hardware import memory, weights
from advisor.hardware.memory import MIB

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        find_spec("llama_cpp") is None and not os.environ.get("CI"),
        reason="needs the extra `engine` (llama-cpp-python)",
    ),
    pytest.mark.skipif(os.name == "nt", reason="a file with a hole of terabytes needs a file system with holes"),
]
PRINTED = 0.005 * MIB
"""llama.cpp prints MiB with two digits: half of the last one, in bytes."""
SIGMOID = {"expert_gating_func": 2, "expert_weights_norm": True, "expert_weights_scale": 2.5}
GRANITE = {"logit_scale": 10.0, "residual_scale": 0.22, "embedding_scale": 12.0, "attention.scale": 0.015625}


def every(step: int, record: Architecture) -> tuple[int, ...]:
    """Return the indexes of each `step`-th layer."""
    return tuple(range(step - 1, record.layers, step))


def gemma4(record: Architecture) -> Shape:
    """Return the shape of Gemma 4: every sixth layer global; the last layers of small ones share their cache."""
    full = every(6, record)
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
        "embedding_length_per_layer_input": 256 if shared else 0,
    }
    return Shape(
        full=full, norms=AROUND, head_norm="head", keys=keys, value_as_key=not shared,
        per_layer_embedding=256 if shared else 0,
    )  # fmt: skip


def qwen35(record: Architecture) -> Shape:
    """Return the shape of Qwen 3.5: every fourth layer gated attention, gated delta nets between."""
    delta = next(g for g in record.cache if isinstance(g, Recurrent))
    keys: dict[str, Value] = {"full_attention_interval": 4, "rope.dimension_sections": [11, 11, 10, 0]}
    return Shape(
        full=every(4, record), norms=MIDDLE, head_norm="head", keys=keys, rope=64, query_gate=True,
        heads_of_state=delta.inner // delta.state,
    )  # fmt: skip


def deepseek2(record: Architecture) -> Shape:
    """Return the shape of DeepSeek V3's attention; with 20 heads that of GLM-4.7-Flash."""
    small = record.heads == 20
    return Shape(
        query_rank=768 if small else 1536, key_part=192 if small else 128, latent_value=256 if small else 128,
        router_bias=True, shared_as_count=True, keys=SIGMOID,
    )  # fmt: skip


def glm4moe(record: Architecture) -> Shape:
    """Return the shape of GLM-4.5; only the large one has norms per head."""
    head_norm = "head" if record.layers == 92 else "none"
    return Shape(norms=MIDDLE, head_norm=head_norm, rope=64, router_bias=True, shared_as_count=True, keys=SIGMOID)


SHAPES: dict[str, Callable[[Architecture], Shape]] = {
    "llama": lambda _: Shape(),
    "qwen2": lambda _: Shape(),
    "qwen3": lambda _: Shape(head_norm="head"),
    "qwen3moe": lambda _: Shape(head_norm="head"),
    "qwen35": qwen35,
    "qwen35moe": qwen35,
    "smollm3": lambda _: Shape(),
    "phi3": lambda _: Shape(fused=True),
    "ernie4_5": lambda _: Shape(),
    "ernie4_5-moe": lambda _: Shape(router_bias=True, keys={"interleave_moe_layer_step": 1}),
    "hunyuan-dense": lambda _: Shape(head_norm="head"),
    "hunyuan-moe": lambda _: Shape(head_norm="head"),
    "gemma2": lambda record: Shape(full=every(2, record), norms=AROUND),
    "gemma3": lambda record: Shape(full=every(6, record), norms=AROUND, head_norm="head"),
    "gemma4": gemma4,
    "gpt-oss": lambda record: Shape(full=every(2, record), norms=MIDDLE, biases=True),
    "exaone4": lambda record: Shape(full=every(4, record), norms=AFTER, head_norm="head"),
    "olmo2": lambda record: Shape(full=every(4, record), norms=AFTER, head_norm="row"),
    "llama4": lambda record: Shape(full=every(4, record), keys={"interleave_moe_layer_step": 1}),
    "deepseek2": deepseek2,
    "glm4moe": glm4moe,
    "minimax-m2": lambda _: Shape(head_norm="row", router_bias=True, rope=64, keys={"expert_gating_func": 2}),
    "kimi-linear": lambda _: Shape(
        full=(3, 7, 11, 15, 19, 23, 26), router_bias=True, shared_as_count=True, keys=SIGMOID
    ),
    "granite": lambda _: Shape(keys=GRANITE),
    "granitehybrid": lambda _: Shape(
        full=(5, 15, 25, 35), heads_of_state=128, keys={"rope.scaling.finetuned": False}
    ),
}  # fmt: skip
"""What a header needs beyond the catalog's record, by llama.cpp's name of the architecture."""

MODELS = {
    model_id: (model.architecture, model.parameters)
    for model_id, model in load.load().models.items()
    if model.architecture and model.parameters and model.architecture.name in SHAPES
}
FIRST = {record.name: model_id for model_id, (record, _) in reversed(MODELS.items())}
"""One model of each architecture."""


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[str]]:
    """Count what was compared, and say so at the end."""
    counts: Counter[str] = Counter()
    yield counts
    sys.stdout.write("\n" + ", ".join(f"{count} {what}" for what, count in counts.items()) + "\n")


def planned(file: Path, context: int, sequences: int, unified: bool = False) -> EnginePlan:
    """Return llama.cpp's own plan of a file; a crash or a stop raises `PlanError`."""
    source = FileSource(file)
    try:
        header = read_header(source)
        assert header.problems == ()
        return plan([Part(source, header)], context, sequences, unified=unified)
    finally:
        source.close()


def header_of(record: Architecture, parameters: Parameters, folder: Path) -> Path:
    """Write the header of a record; where it does not say whether matrices are tied, as the parameter count says."""
    if record.tied_embeddings is None:
        parts = weights.classes(record, parameters) or ()
        record = replace(record, tied_embeddings=all(part.role != "output" for part in parts))
    return build(record, SHAPES[record.name](record)).write(folder / "model.gguf")


@pytest.mark.parametrize("model_id", MODELS)
def test_plans_are_those_of_the_engine(model_id: str, tmp_path: Path, tally: Counter[str]) -> None:
    record, parameters = MODELS[model_id]
    file = header_of(record, parameters, tmp_path)
    cases = [(8192, 1), (32768, 1)] + [(8192, 4)] * (FIRST[record.name] == model_id)
    tally["models"] += 1
    tally["architectures"] += FIRST[record.name] == model_id
    for context, sequences in cases:
        found = planned(file, context, sequences)
        lines = sum(g.layers > 0 for g in record.cache) or 1
        slack = lines * PRINTED
        assert found.kv_cache_bytes == pytest.approx(memory.kv_cache_bytes(record, context, sequences), abs=slack)
        assert found.state_bytes == pytest.approx(memory.state_bytes(record, sequences), abs=slack)
        low, high = memory.compute_bytes(record, context, sequences)
        assert low - 2 * PRINTED <= found.compute_bytes <= high
        tally["plans with equal caches and states"] += 1
        tally["compute buffers within bounds"] += 1
        tally["of them exactly at the lower bound"] += found.compute_bytes - low <= 2 * PRINTED
        tally["of them within 32 MiB of it"] += found.compute_bytes - low <= 32 * MIB
    _same_elements(record, parameters, found.parameters)


def _same_elements(record: Architecture, parameters: Parameters, loaded: int) -> None:
    parts = weights.classes(record, parameters)
    assert parts
    if not any(isinstance(g, NoCache) for g in record.cache):  # whose per-layer embeddings no record holds
        assert sum(part.elements for part in parts) == pytest.approx(loaded, rel=0.01)


@pytest.mark.parametrize("model_id", ["Qwen/Qwen3-8B", "google/gemma-3-27b-it", "openai/gpt-oss-20b"])
def test_a_unified_cache_takes_no_more(model_id: str, tmp_path: Path, tally: Counter[str]) -> None:
    record, parameters = MODELS[model_id]
    found = planned(header_of(record, parameters, tmp_path), 8192, 4, unified=True)
    assert found.kv_cache_bytes <= memory.kv_cache_bytes(record, 8192, 4)
    assert found.compute_bytes <= memory.compute_bytes(record, 8192, 4)[1]
    tally["unified plans that took no more"] += 1


def test_a_header_that_llama_cpp_does_not_take_fails_with_its_log(tmp_path: Path) -> None:
    record, _ = MODELS["Qwen/Qwen3-8B"]
    header = build(record, SHAPES[record.name](record))
    header.tensors.pop()
    with pytest.raises(PlanError, match=r"refused it: .*ffn_down.*not found"):
        planned(header.write(tmp_path / "model.gguf"), 8192, 1)


def test_groups_lie_where_the_pattern_says() -> None:
    record, _ = MODELS["google/gemma-3-1b-it"]
    groups = layers_of(record, SHAPES["gemma3"](record))
    assert [i for i, g in enumerate(groups) if isinstance(g, FullAttention)] == [5, 11, 17, 23]
