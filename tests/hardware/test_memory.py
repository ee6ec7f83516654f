"""The memory formulas against numbers worked out by hand, and what must hold for every shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from advisor.catalog.schema import (
    Architecture,
    CacheGroup,
    CompressedAttention,
    DeltaAttention,
    Experts,
    FullAttention,
    Indexer,
    LatentAttention,
    NoCache,
    Recurrent,
    Source,
    WindowAttention,
)
from advisor.hardware import memory
from advisor.hardware.memory import (
    MIB,
    OVERHEAD_BYTES,
    PACKING,
    caches,
    compute_bytes,
    kv_cache_bytes,
    plan,
    state_bytes,
    up_to_step,
)

SOURCES = (Source(ref="test", accessed="2026-11-22", kind="measurement"),)
FULL = FullAttention(layers=36, kv_heads=8, key_length=128, value_length=128)
WINDOW = WindowAttention(layers=52, kv_heads=16, key_length=128, value_length=128, window=1024)
LATENT = LatentAttention(layers=61, rank=512, rope=64, heads=128)
SPARSE = LatentAttention(layers=78, rank=512, rope=64, heads=64, indexer=Indexer(layers=21, elements=128))
BLOCKS = FullAttention(
    layers=60, kv_heads=4, key_length=128, value_length=128, indexer=Indexer(layers=57, elements=256)
)
RAW, QUARTERS, COARSE = (
    CompressedAttention(
        layers=layers, entry=512, window=128, ratio=ratio, overlap=ratio == 4, indexer=128 if ratio == 4 else 0,
        query_rank=1024, output_rank=1024, output_groups=8,
    )
    for layers, ratio in ((2, None), (21, 4), (20, 128))
)  # fmt: skip
GATED_DELTA = Recurrent(layers=24, conv=4, inner=4096, groups=16, state=128)
KIMI_DELTA = DeltaAttention(layers=20, conv=4, heads=32, head_dim=128)


def of(*groups: CacheGroup, experts: Experts | None = None) -> Architecture:
    """Return an architecture with these groups: hidden 4096, 151,936 words."""
    layers = sum(g.layers for g in groups)
    return Architecture(
        name="x", layers=layers, hidden_size=4096, vocabulary_size=151936, experts=experts, cache=groups,
        sources=SOURCES,
    )  # fmt: skip


@pytest.mark.parametrize(("tokens", "rounded"), [(1, 256), (256, 256), (257, 512), (8192, 8192), (8193, 8448)])
def test_cells_come_in_steps(tokens: int, rounded: int) -> None:
    assert up_to_step(tokens) == rounded


@pytest.mark.parametrize(
    ("group", "context", "size"),
    [
        # layers x cells x heads x (key + value) x 2 bytes
        (FULL, 8192, 36 * 8192 * 8 * 256 * 2),
        (FULL, 8000, 36 * 8192 * 8 * 256 * 2),
        # window 1024 and 512 tokens in one go: 1536 cells, whatever the context
        (WINDOW, 8192, 52 * 1536 * 16 * 256 * 2),
        (WINDOW, 131072, 52 * 1536 * 16 * 256 * 2),
        (WINDOW, 1024, 52 * 1024 * 16 * 256 * 2),
        # window 128: 640 cells, rounded up to 768
        (WindowAttention(layers=12, kv_heads=8, key_length=64, value_length=64, window=128), 8192, 12 * 768 * 8 * 256),
        # one latent vector and one rotary key, no values
        (LATENT, 8192, 61 * 8192 * 576 * 2),
        # the same, and keys of 128 elements on the layers with an indexer
        (SPARSE, 8192, 8192 * (78 * 576 + 21 * 128) * 2),
        (BLOCKS, 8192, 8192 * (60 * 4 * 256 + 57 * 256) * 2),
        # DeepSeek V4: raw entries of a window of 128 (768 cells), one of four tokens with an indexer's key, one of 128
        (RAW, 8192, 2 * 768 * 512 * 2),
        (QUARTERS, 8192, 21 * (768 * 512 + 2048 * (512 + 128)) * 2),
        (COARSE, 8192, 20 * (768 * 512 + 256 * 512) * 2),
        (COARSE, 131072, 20 * (768 * 512 + 1024 * 512) * 2),
        (GATED_DELTA, 8192, 0),
        (KIMI_DELTA, 8192, 0),
        (NoCache(layers=18), 8192, 0),
    ],
)
def test_cache_of_a_group(group: CacheGroup, context: int, size: int) -> None:
    assert kv_cache_bytes(of(group), context) == size


def test_groups_add_up_and_sequences_multiply() -> None:
    both = kv_cache_bytes(of(FULL, WINDOW), 8192)
    assert both == kv_cache_bytes(of(FULL), 8192) + kv_cache_bytes(of(WINDOW), 8192)
    assert kv_cache_bytes(of(FULL, WINDOW), 8192, sequences=4) == 4 * both


def test_a_quantized_cache_takes_its_share() -> None:
    q8_0 = 34 / 32
    assert kv_cache_bytes(of(FULL), 8192, element=q8_0) == 36 * 8192 * 8 * 256 * 34 // 32


@pytest.mark.parametrize(
    ("group", "size"),
    [
        # convolution 3 x (4096 + 2 x 16 x 128), state 128 x 4096, 4 bytes each
        (GATED_DELTA, 24 * (3 * 8192 + 128 * 4096) * 4),
        # granite-4.0-h-small: 3 x (8192 + 2 x 128), 128 x 8192
        (Recurrent(layers=36, conv=4, inner=8192, groups=1, state=128), 36 * (3 * 8448 + 128 * 8192) * 4),
        # convolutions of query, key and value, and a square a head
        (KIMI_DELTA, 20 * (3 * 3 * 4096 + 32 * 128 * 128) * 4),
        # compressors: two tables of 8 x 2 x (512 + 128) where entries overlap, of 128 x 512 where they do not
        (QUARTERS, 21 * 2 * 8 * 1280 * 4),
        (COARSE, 20 * 2 * 128 * 512 * 4),
        (RAW, 0),
        (FULL, 0),
    ],
)
def test_state_of_a_group(group: CacheGroup, size: int) -> None:
    assert state_bytes(of(group)) == size
    assert state_bytes(of(group), sequences=3) == 3 * size


def test_compute_buffer_holds_logits_and_two_rows_of_hidden_state() -> None:
    low, high = compute_bytes(of(FULL), 8192)
    logits = 512 * 4 * (151936 + 2 * 4096) + 4 * 151936
    assert low == logits
    assert high == logits + 2 * 512 * 8192 + PACKING


def test_each_kind_of_cache_has_a_mask() -> None:
    mixed, one = compute_bytes(of(FULL, WINDOW), 8192), compute_bytes(of(FULL), 8192)
    assert mixed[1] - one[1] == 2 * 512 * 1536


@pytest.mark.parametrize(
    ("architecture", "packing"),
    [
        (of(FULL, experts=Experts(count=64, used=2, feed_forward=512)), PACKING),
        (of(FULL, experts=Experts(count=64, used=8, feed_forward=512)), 512 * 4 * (10 * 4096 + 64)),
        (of(LATENT), 512 * 4 * 128 * 512),
    ],
)
def test_experts_and_latent_attention_may_need_more(architecture: Architecture, packing: int) -> None:
    low, high = compute_bytes(architecture, 8192)
    assert high - low == 2 * 512 * 8192 + packing


def room(architecture: Architecture, context: int = 8192) -> int:
    """Return what the band of the compute buffer spans beside masks and packing, in bytes."""
    low, high = compute_bytes(architecture, context)
    masks = sum(2 * 512 * n for n in {cache.cells for group in architecture.cache for cache in caches(group, context)})
    return high - low - masks - PACKING


def test_an_indexer_needs_scores_and_wide_queries() -> None:
    assert room(of(SPARSE)) == 512 * (8 * 8192 + 4 * 64 * (2 * 576 + 128))
    assert room(of(BLOCKS)) == 512 * 8 * 8192
    assert room(structs.replace(of(BLOCKS), name="minimax-m3")) == 512 * 36 * 8192
    compressed = structs.replace(of(RAW, QUARTERS, COARSE), heads=64)
    assert room(compressed) == 512 * (8 * 2048 + 4 * 64 * 512)


def test_hyper_connections_and_attention_without_flash_need_room() -> None:
    assert room(structs.replace(of(FULL), name="hy_v4")) == 512 * 4 * 4 * 4096
    assert room(structs.replace(of(FULL), name="grok", heads=48)) == 512 * 4 * 48 * 8192


def test_compute_buffer_needs_the_sizes() -> None:
    with pytest.raises(ValueError, match="x: vocabulary and hidden size"):
        compute_bytes(Architecture(name="x", layers=1, sources=SOURCES), 8192)


def test_a_plan_adds_up() -> None:
    made = plan(of(FULL, GATED_DELTA), 5_000_000_000, 8192, 2, "computed")
    assert made.kv_cache_bytes == 2 * 1152 * MIB
    assert made.overhead_bytes == OVERHEAD_BYTES
    assert made.compute_bytes == compute_bytes(of(FULL, GATED_DELTA), 8192, 2)[1]
    parts = made.weights_bytes + made.kv_cache_bytes + made.state_bytes + made.compute_bytes + made.overhead_bytes
    assert made.total_bytes == parts
    assert made.basis == "computed"
    assert made.budget_bytes is None


SIZES = st.integers(1, 512)
GROUPS = st.one_of(
    st.builds(FullAttention, layers=SIZES, kv_heads=SIZES, key_length=SIZES, value_length=SIZES),
    st.builds(
        WindowAttention, layers=SIZES, kv_heads=SIZES, key_length=SIZES, value_length=SIZES,
        window=st.integers(1, 16384),
    ),
    st.builds(
        LatentAttention, layers=SIZES, rank=SIZES, rope=SIZES, heads=SIZES,
        indexer=st.none() | st.builds(Indexer, layers=SIZES, elements=SIZES),
    ),
    st.builds(
        CompressedAttention, layers=SIZES, entry=SIZES, window=SIZES, ratio=st.none() | SIZES, overlap=st.booleans(),
        indexer=SIZES, query_rank=SIZES, output_rank=SIZES, output_groups=SIZES,
    ),
    st.builds(Recurrent, layers=SIZES, conv=SIZES, inner=SIZES, groups=SIZES, state=SIZES),
    st.builds(DeltaAttention, layers=SIZES, conv=SIZES, heads=SIZES, head_dim=SIZES),
    st.builds(NoCache, layers=SIZES),
)  # fmt: skip
ARCHITECTURES = st.lists(GROUPS, min_size=1, max_size=3).map(lambda groups: of(*groups))
CONTEXTS = st.integers(1, 2**20)
SEQUENCES = st.integers(1, 64)


@given(ARCHITECTURES, CONTEXTS, CONTEXTS, SEQUENCES)
def test_more_context_never_needs_less(architecture: Architecture, one: int, other: int, sequences: int) -> None:
    short, long = sorted((one, other))
    less, more = (plan(architecture, 0, context, sequences, "x") for context in (short, long))
    assert less.kv_cache_bytes <= more.kv_cache_bytes
    assert less.state_bytes == more.state_bytes
    assert less.total_bytes <= more.total_bytes


@given(ARCHITECTURES, CONTEXTS, SEQUENCES, SEQUENCES)
def test_more_sequences_never_need_less(architecture: Architecture, context: int, one: int, other: int) -> None:
    few, many = sorted((one, other))
    less, more = (plan(architecture, 0, context, sequences, "x") for sequences in (few, many))
    assert less.kv_cache_bytes <= more.kv_cache_bytes
    assert less.state_bytes <= more.state_bytes
    assert less.compute_bytes <= more.compute_bytes


@given(st.integers(1, 16384), CONTEXTS)
def test_a_window_bounds_its_cells(window: int, context: int) -> None:
    group = WindowAttention(layers=1, kv_heads=1, key_length=1, value_length=1, window=window)
    (cache,) = caches(group, context)
    assert cache.cells <= up_to_step(window + memory.UBATCH)
    assert cache.cells <= up_to_step(context)
    assert cache.cells >= min(context, window)


@given(ARCHITECTURES, CONTEXTS, SEQUENCES)
def test_bounds_of_the_compute_buffer_are_in_order(architecture: Architecture, context: int, sequences: int) -> None:
    low, high = compute_bytes(architecture, context, sequences)
    assert 0 < low < high
