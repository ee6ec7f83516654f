"""The memory formulas and the catalog's records against the plans of llama.cpp itself.

Run with `-s` to see how many plans were compared.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from msgspec.structs import replace
from networks import build, layers_of
from shapes import SHAPES

from advisor.catalog import load
from advisor.catalog.schema import Architecture, FullAttention, Parameters
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
UNPLANNED = {
    "LGAI-EXAONE/K-EXAONE-2.0-750B-A37B": "one of its windows is wider than the others; llama.cpp knows one width",
}
"""Models of known architectures that llama.cpp cannot plan as they are, and why."""
MODELS = {
    model_id: (model.architecture, model.parameters)
    for model_id, model in load.load().models.items()
    if model.architecture and model.architecture.cache and model.parameters
    if model.architecture.name in SHAPES and model_id not in UNPLANNED
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
        slack = sum(1 + len(memory.caches(group, context)) for group in record.cache) * PRINTED
        assert found.kv_cache_bytes == pytest.approx(memory.kv_cache_bytes(record, context, sequences), abs=slack)
        assert found.state_bytes == pytest.approx(memory.state_bytes(record, sequences), abs=slack)
        low, high = memory.compute_bytes(record, context, sequences)
        assert low - 2 * PRINTED <= found.compute_bytes <= high
        tally["plans with equal caches and states"] += 1
        tally["compute buffers within bounds"] += 1
        tally["of them exactly at the lower bound"] += found.compute_bytes - low <= 2 * PRINTED
        tally["of them within 32 MiB of it"] += found.compute_bytes - low <= 32 * MIB
    assert any(count == pytest.approx(found.parameters, rel=0.01) for count in weights.elements(record))


@pytest.mark.parametrize(
    "model_id",
    [
        "Qwen/Qwen3-8B",
        "google/gemma-3-27b-it",
        "openai/gpt-oss-20b",
        "deepseek-ai/DeepSeek-V3.2",
        "MiniMaxAI/MiniMax-M3",
    ],
)
def test_a_unified_cache_takes_no_more(model_id: str, tmp_path: Path, tally: Counter[str]) -> None:
    record, parameters = MODELS[model_id]
    found = planned(header_of(record, parameters, tmp_path), 8192, 4, unified=True)
    assert found.kv_cache_bytes <= memory.kv_cache_bytes(record, 8192, 4)
    assert found.compute_bytes <= memory.compute_bytes(record, 8192, 4)[1]
    tally["unified plans that took no more"] += 1


def test_deepseek_v4_has_a_cache_of_the_whole_context_for_each_user_of_a_unified_one(tmp_path: Path) -> None:
    record, parameters = MODELS["deepseek-ai/DeepSeek-V4-Flash"]
    found = planned(header_of(record, parameters, tmp_path), 8192, 4, unified=True)
    assert found.kv_cache_bytes == pytest.approx(memory.kv_cache_bytes(record, 4 * 8192, 4), abs=5 * PRINTED)


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
