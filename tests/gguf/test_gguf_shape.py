"""Shapes that a header gives in its own ways, and those of which nothing is said."""

from __future__ import annotations

import io
from typing import Any

import pytest
from gguf_files import Gguf

from advisor.catalog.schema import FullAttention, LatentAttention, NoCache, Recurrent, WindowAttention
from advisor.gguf.header import read_header
from advisor.gguf.shape import UnknownShapeError, shape_of
from advisor.gguf.source import StreamSource

LEAST = {"block_count": 4, "embedding_length": 64, "attention.head_count": 4, "attention.head_count_kv": 2,
         "vocab_size": 100}  # fmt: skip


def shape(name: str = "llama", **changes: Any) -> Any:
    """Return the shape of a small header; a change to None takes a key away."""
    model = Gguf().add("general.architecture", name)
    for key, value in {**LEAST, **{k.replace("__", "."): v for k, v in changes.items()}}.items():
        if value is not None:
            model.add(f"{name}.{key}", value)
    return shape_of(read_header(StreamSource(io.BytesIO(model.content()))))


def test_lengths_follow_from_the_heads() -> None:
    assert shape().cache == (FullAttention(layers=4, kv_heads=2, key_length=16, value_length=16),)


def test_without_a_count_every_head_has_keys() -> None:
    assert shape(attention__head_count_kv=None).cache[0].kv_heads == 4


def test_layers_without_heads_of_keys_keep_nothing_or_a_state() -> None:
    assert shape(attention__head_count_kv=[2, 0, 0, 2]).cache[1] == NoCache(layers=2)
    state = {"ssm__conv_kernel": 4, "ssm__inner_size": 128, "ssm__state_size": 16, "ssm__group_count": 1}
    found = shape("granitehybrid", attention__head_count_kv=[2, 0, 0, 2], **state).cache
    assert found[1] == Recurrent(layers=2, conv=4, inner=128, groups=1, state=16)


def test_short_convolutions_keep_a_little() -> None:
    found = shape("lfm2", attention__head_count_kv=[2, 0, 0, 2], shortconv__l_cache=3).cache
    assert found[1] == Recurrent(layers=2, conv=3, inner=64, groups=0, state=0)


def test_a_pattern_in_the_header_wins() -> None:
    found = shape("gemma3", attention__sliding_window=512, attention__sliding_window_pattern=[1, 1, 1, 0]).cache
    assert found == (
        WindowAttention(layers=3, kv_heads=2, key_length=16, value_length=16, window=512),
        FullAttention(layers=1, kv_heads=2, key_length=16, value_length=16),
    )


def test_a_step_in_the_header_wins() -> None:
    found = shape("gemma3", attention__sliding_window=512, attention__sliding_window_pattern=2).cache
    assert [(type(g), g.layers) for g in found] == [(WindowAttention, 2), (FullAttention, 2)]


def test_a_window_that_no_layer_uses_is_none() -> None:
    assert shape("phi3", attention__sliding_window=512).cache[0].layers == 4
    assert isinstance(shape("exaone4", attention__sliding_window=512).cache[0], FullAttention)


def test_latent_attention_only_where_the_header_is_of_that_form() -> None:
    old = {"attention__kv_lora_rank": 32, "attention__key_length": 24, "attention__value_length": 16}
    assert isinstance(shape("deepseek2", **old).cache[0], FullAttention)
    new = {**old, "attention__key_length_mla": 24, "rope__dimension_count": 8}
    assert shape("deepseek2", **new).cache == (LatentAttention(layers=4, rank=32, rope=8, heads=4),)


def test_next_token_layers_are_not_loaded() -> None:
    assert shape("glm4moe", nextn_predict_layers=1).layers == 3


def test_an_encoder_caches_nothing() -> None:
    assert shape("bert", attention__causal=False).cache == (NoCache(layers=4),)


def test_the_vocabulary_may_be_counted() -> None:
    model = Gguf().add("general.architecture", "llama").add("tokenizer.ggml.tokens", ["a", "b", "c"])
    for key, value in LEAST.items():
        if key != "vocab_size":
            model.add(f"llama.{key}", value)
    assert shape_of(read_header(StreamSource(io.BytesIO(model.content())))).vocabulary_size == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"block_count": None}, "no llama.block_count"),
        ({"block_count": 0}, "no llama.block_count"),
        ({"block_count": 5000}, "5,000 layers"),
        ({"block_count": "four"}, "no llama.block_count"),
        ({"embedding_length": 2**31}, "llama.embedding_length is 2,147,483,648"),
        ({"vocab_size": None}, "no vocabulary"),
        ({"attention__head_count": None}, "how long keys and values are"),
        ({"nextn_predict_layers": 4}, "0 layers"),
    ],
    ids=str,
)
def test_headers_that_say_too_little(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UnknownShapeError, match=words):
        shape(**changes)


def test_architectures_that_no_formula_covers() -> None:
    with pytest.raises(UnknownShapeError, match="the caches of rwkv7 follow no formula"):
        shape("rwkv7")
    with pytest.raises(UnknownShapeError, match="names no architecture"):
        shape_of(read_header(StreamSource(io.BytesIO(Gguf().add("a", 1).content()))))
