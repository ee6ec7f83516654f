"""The arithmetic of weights against hand-computed sizes and against every file size that the catalog knows."""

from __future__ import annotations

import sys
from statistics import median

import pytest
from msgspec import structs

from advisor.catalog import load
from advisor.catalog.schema import (
    Architecture,
    CacheGroup,
    CompressedAttention,
    Experts,
    FullAttention,
    LatentAttention,
    NoCache,
    Parameters,
    Source,
)
from advisor.hardware import weights
from advisor.hardware.weights import MIXES, VOCABULARY_ENTRY, Weights, classes, elements, scaled, weigh

SOURCES = (Source(ref="test", accessed="2026-11-22", kind="measurement"),)
UNTIED = "the file holds the output matrix beside the embedding it is tied to"
NEXT_TOKEN = "the file holds the layer for multi-token prediction"
OWN = "not llama.cpp's mix of this name: the same uploader's plain Q8_0 or BF16 agrees"
PLAIN = ("Q8_0", "BF16")
OTHER_FILES = {
    ("Qwen/Qwen2.5-0.5B-Instruct", "Qwen"): UNTIED,
    ("Qwen/Qwen2.5-1.5B-Instruct", "Qwen"): UNTIED,
    ("Qwen/Qwen2.5-3B-Instruct", "Qwen"): UNTIED,
    ("Qwen/Qwen3-1.7B", "ggml-org"): UNTIED,
    ("Qwen/Qwen3.5-0.8B", "unsloth"): OWN,
    ("Qwen/Qwen3.5-2B", "unsloth"): OWN,
    ("Qwen/Qwen3.5-4B", "unsloth"): OWN,
    ("Qwen/Qwen3.5-9B", "unsloth"): OWN,
    ("Qwen/Qwen3.5-27B", "unsloth"): OWN,
    ("Qwen/Qwen3.5-35B-A3B", "unsloth"): OWN,
    ("Qwen/Qwen3.5-122B-A10B", "unsloth"): OWN,
    ("Qwen/Qwen3.5-397B-A17B", "unsloth"): OWN,
    ("Qwen/Qwen3.6-27B", "unsloth"): OWN,
    ("Qwen/Qwen3.8-27B", "ggml-org"): OWN,
    ("LGAI-EXAONE/EXAONE-4.5-33B", "LGAI-EXAONE"): NEXT_TOKEN,
    ("zai-org/GLM-5.3", "unsloth"): NEXT_TOKEN,
}
"""Files whose content no arithmetic can know, by model and uploader."""


def small(
    group: CacheGroup | None = None, experts: Experts | None = None, tied: bool | None = False, hidden: int = 256
) -> Architecture:
    """Return two layers: hidden 256, 4 heads of 64, 512 wide, 1000 words."""
    return Architecture(
        name="llama", layers=2, hidden_size=hidden, vocabulary_size=1000, heads=4, feed_forward=512, experts=experts,
        tied_embeddings=tied, cache=(group or FullAttention(layers=2, kv_heads=2, key_length=64, value_length=64),),
        sources=SOURCES,
    )  # fmt: skip


def computed(architecture: Architecture, parameters: Parameters, quantization: str) -> Weights | None:
    """Return the bytes of a file as its shape has them."""
    parts = classes(architecture, parameters)
    return weigh(architecture, parts, quantization) if parts else None


def counted(total: int, active: int | None = None) -> Parameters:
    """Return a published count."""
    return Parameters(total=total, active=active, sources=SOURCES)


TABLE = 256 * 1000
"""Elements of embedding or output matrix."""
OTHER = 2 * (256 * 256 + 256 * 128 + 2 * 256 * 512)
"""Query, key, gate and up of both layers."""
KEY, VALUE, MERGE, DOWN = 2 * 256 * 128, 2 * 256 * 128, 2 * 256 * 256, 2 * 512 * 256
TOTAL = 2 * TABLE + OTHER + VALUE + MERGE + DOWN


def test_elements_by_role() -> None:
    parts = classes(small(), counted(TOTAL))
    assert parts
    roles = ("other", "key", "value", "merge", "down")
    found = {role: sum(p.elements for p in parts if p.role == role) for role in roles}
    assert found == {"other": OTHER - KEY, "key": KEY, "value": VALUE, "merge": MERGE, "down": DOWN}
    assert [p.elements for p in parts if p.role in ("embedding", "output")] == [TABLE, TABLE]


@pytest.mark.parametrize(
    ("quantization", "bits"),
    [
        ("F16", 16 * TOTAL),
        ("Q8_0", 8.5 * TOTAL),
        ("Q6_K", 6.5625 * TOTAL),
        ("Q4_K_M", 6.5625 * TABLE + 4.5 * (TABLE + OTHER + MERGE) + (4.5 + 6.5625) / 2 * (VALUE + DOWN)),
        ("Q4_K_S", 6.5625 * TABLE + 4.5 * (TABLE + OTHER + MERGE + VALUE) + (4.5 + 1 / 8) * DOWN),
        (
            "Q3_K_M",
            6.5625 * TABLE + 3.4375 * (TABLE + OTHER) + 4.5 * (VALUE + MERGE) + (5.5 / 16 + 4.5 * 15 / 16) * DOWN,
        ),
        ("Q3_K_L", 6.5625 * TABLE + 3.4375 * (TABLE + OTHER) + 5.5 * (VALUE + MERGE + DOWN)),
    ],
)
def test_size_of_a_quantization(quantization: str, bits: float) -> None:
    sized = computed(small(), counted(TOTAL), quantization)
    assert sized
    assert sized.total == pytest.approx(bits / 8 + VOCABULARY_ENTRY * 1000, abs=1)


def test_a_tied_embedding_has_the_bits_of_an_output_and_is_read() -> None:
    sized = computed(small(tied=True), counted(TOTAL - TABLE), "Q4_K_M")
    untied = computed(small(), counted(TOTAL), "Q4_K_M")
    assert sized and untied
    assert untied.total - sized.total == pytest.approx(4.5 / 8 * TABLE, abs=1)
    assert untied.active == sized.active


@pytest.mark.parametrize(("published", "matrices"), [(TOTAL, 2), (TOTAL - TABLE, 1)])
def test_the_count_decides_where_the_record_does_not_say_what_is_tied(published: int, matrices: int) -> None:
    parts = classes(small(tied=None), counted(published))
    assert parts
    assert sum(p.elements == TABLE and p.role in ("embedding", "output") for p in parts) == matrices


def test_rows_that_are_no_multiple_of_a_block_get_larger_types() -> None:
    # hidden 288: query, key, value, gate, up and both tables fall back; down (512) and merge (256) do not
    sized = computed(small(hidden=288), counted(TOTAL * 9 // 8), "Q4_K_M")
    rows = 2 * 288 * (256 + 128 + 2 * 512)
    values, merges, downs, table = 2 * 288 * 128, 2 * 288 * 256, 2 * 288 * 512, 288 * 1000
    bits = 5.5 * (rows + table) + 8.5 * table + (5.5 + 8.5) / 2 * values + 4.5 * merges + (4.5 + 6.5625) / 2 * downs
    assert sized
    assert sized.total == pytest.approx(bits / 8 + VOCABULARY_ENTRY * 1000, abs=1)


def test_a_token_reads_the_experts_it_is_routed_to() -> None:
    experts = Experts(count=8, used=2, feed_forward=128, shared=64)
    matrix = 2 * 256 * 128 * 8
    rest = 256 * 64 * 2 * 3 + 2 * (256 * 256 + 256 * 128) + VALUE + MERGE + TABLE
    sized = computed(small(experts=experts), counted(TABLE + rest + 3 * matrix), "F16")
    assert sized
    router = 2 * 256 * 8
    assert sized.total == 2 * (TABLE + rest + 3 * matrix) + 4 * router + VOCABULARY_ENTRY * 1000
    assert sized.active == 2 * (rest + 3 * matrix // 4) + 4 * router


def test_mxfp4_concerns_the_experts_only() -> None:
    experts = Experts(count=8, used=2, feed_forward=128, dense_layers=0)
    few, many = (computed(small(experts=experts), counted(3_000_000), q) for q in ("MXFP4", "Q8_0"))
    assert few and many
    assert many.total - few.total == pytest.approx((8.5 - 4.25) / 8 * 3 * 2 * 256 * 128 * 8, abs=1)


def test_towers_that_only_the_count_holds_are_not_of_the_text_model() -> None:
    plain, tower = (computed(small(), counted(n), "F16") for n in (TOTAL, TOTAL * 5 // 4))
    assert plain
    assert tower == plain


def test_of_an_embedding_for_each_layer_a_token_reads_the_gates_only() -> None:
    embedded = structs.replace(small(), layer_embedding=16)
    plain, found = computed(small(), counted(TOTAL), "Q8_0"), computed(embedded, counted(TOTAL + 32_000), "Q8_0")
    assert plain and found
    # the table in 8.5 bits, a projection of all layers that stays in 16, two gates of each that stay in 32
    table, gates = 2 * 16 * 1000, 256 * 2 * 16
    assert found.total - plain.total == 8.5 / 8 * table + 2 * gates + 2 * 4 * gates
    assert found.active - plain.active == 2 * gates + 2 * 4 * gates


def test_a_feed_forward_block_without_a_gate_has_two_matrices() -> None:
    plain, ungated = (
        computed(structs.replace(small(), feed_forward_gated=gated), counted(TOTAL), "F16") for gated in (True, False)
    )
    assert plain and ungated
    assert plain.total - ungated.total == 2 * 2 * 512 * 256


def test_layers_that_share_a_cache_have_projections_and_may_be_wider() -> None:
    half = FullAttention(layers=1, kv_heads=2, key_length=64, value_length=64)
    shared = structs.replace(small(), cache=(half, NoCache(layers=1, key_length=64)))
    wider = structs.replace(small(), cache=(half, NoCache(layers=1, key_length=64, feed_forward=1024)))
    assert elements(shared) == elements(small())
    assert elements(wider)[0] - elements(shared)[0] == 3 * 256 * 512


def test_latent_attention_counts_its_own_ranks() -> None:
    def latent(query_rank: int) -> Architecture:
        group = LatentAttention(
            layers=2, rank=32, rope=16, heads=4, query_rank=query_rank, key_length=48, value_length=64
        )
        return structs.replace(small(), cache=(group,))

    rest = 2 * TABLE + 2 * 3 * 256 * 512
    merged, unfolded, cached = 4 * 64 * 256, 4 * 32 * (48 + 64), 256 * (32 + 16)
    assert elements(latent(0)) == (rest + 2 * (256 * 4 * 64 + merged + unfolded + cached),)
    assert elements(latent(128)) == (rest + 2 * (128 * (256 + 4 * 64) + merged + unfolded + cached),)
    gated = structs.replace(latent(0), name="kimi-k3")
    assert elements(gated)[0] - elements(latent(0))[0] == 2 * 256 * 4 * 64


def test_compressed_attention_counts_its_compressors() -> None:
    def compressed(ratio: int | None, overlap: bool, indexer: int) -> Architecture:
        group = CompressedAttention(
            layers=2, entry=64, window=8, ratio=ratio, overlap=overlap, indexer=indexer, query_rank=32,
            output_rank=16, output_groups=2,
        )  # fmt: skip
        return structs.replace(small(), cache=(group,))

    raw = 2 * (256 * (32 + 64) + 4 * 64 * (32 + 16) + 2 * 16 * 256)
    assert elements(compressed(None, overlap=False, indexer=0)) == (2 * TABLE + 2 * 3 * 256 * 512 + raw,)
    plain, coarse, fine = (
        elements(compressed(*case))[0] for case in ((None, False, 0), (128, False, 0), (4, True, 32))
    )
    assert coarse - plain == 2 * 256 * 2 * 64
    assert fine - plain == 2 * 256 * 2 * 2 * (64 + 32)


def test_routed_experts_may_have_a_width_of_their_own() -> None:
    wide, narrow = (
        elements(small(experts=Experts(count=4, used=2, feed_forward=128, latent=latent)))[0] for latent in (None, 64)
    )
    assert wide - narrow == 2 * 4 * 3 * 128 * (256 - 64) - 2 * 2 * 256 * 64


def test_eight_experts_give_attention_more_bits() -> None:
    eight, nine = (small(experts=Experts(count=n, used=2, feed_forward=256)) for n in (8, 9))
    few, more = (computed(shape, counted(elements(shape)[0]), "Q4_K_S") for shape in (eight, nine))
    assert few and more
    expert = 2 * 256 * (3 * 256 * 4.5 + 256 / 8 + 32) / 8
    found = few.total - (more.total - expert)
    assert found == pytest.approx(((8.5 - 4.5) * (KEY + VALUE) + (5.5 - 4.5) * MERGE) / 8, abs=2)


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture(name="llama", layers=2, vocabulary_size=1000, sources=SOURCES),
        Architecture(name="llama", layers=2, hidden_size=256, sources=SOURCES),
    ],
)
def test_nothing_is_computed_without_the_sizes(architecture: Architecture) -> None:
    assert computed(architecture, counted(TOTAL), "Q4_K_M") is None


def test_nothing_is_computed_for_unknown_mixes_and_contradicting_counts() -> None:
    assert computed(small(), counted(TOTAL), "UD-Q4_K_XL") is None
    assert computed(small(), counted(TOTAL // 2), "Q4_K_M") is None


def test_a_known_size_is_kept_and_its_read_share_worked_out() -> None:
    worked = computed(small(), counted(TOTAL), "Q4_K_M")
    assert worked
    assert scaled(small(), counted(TOTAL), 10 * worked.total, "Q4_K_M").active == pytest.approx(
        10 * worked.active, rel=1e-6
    )
    assert scaled(None, None, 1000, "Q4_K_M") == Weights(1000, 1000)
    nothing_known = Architecture(name="llama", layers=2, sources=SOURCES)
    assert scaled(nothing_known, counted(100, active=10), 1000, "Q4_K_M") == Weights(1000, 100)
    assert scaled(nothing_known, counted(100), 1000, "Q4_K_M") == Weights(1000, 1000)


def test_unknown_mixes_are_read_at_the_share_of_the_usual_one() -> None:
    assert scaled(small(), counted(TOTAL), 10**6, "UD-Q4_K_XL") == scaled(small(), counted(TOTAL), 10**6, "Q4_K_M")


def test_every_type_of_a_mix_has_bits() -> None:
    for mix in MIXES.values():
        shares = (*mix.value, *mix.down, *mix.merge, *mix.experts)
        for kind in (mix.base, mix.output, *(kind for kind, _ in shares)):
            assert kind in weights.BITS
            assert weights.FALLBACK.get(kind, kind) in weights.BITS


def test_sizes_of_all_files_in_the_catalog() -> None:
    """Run with `-s` for the table of the worst. Sizes are bytes of whole files, headers included."""
    usual: list[tuple[float, str]] = []
    others: list[tuple[float, str]] = []
    for model_id, model in load.load().models.items():
        for repository in model.artifacts:
            for file in repository.files:
                if not (model.architecture and model.parameters and file.size_bytes and file.quantization in MIXES):
                    continue
                sized = computed(model.architecture, model.parameters, file.quantization)
                assert sized, model_id
                why = OTHER_FILES.get((model_id, repository.repo.split("/")[0]))
                if why == OWN and file.quantization in PLAIN:
                    why = None
                error = sized.total / file.size_bytes - 1
                line = f"{error:+8.2%}  {file.quantization:7} {repository.repo}{f' ({why})' if why else ''}"
                (others if why else usual).append((abs(error), line))
    usual.sort(reverse=True)
    others.sort(reverse=True)
    lines = [
        f"{len(usual)} files: median {median(e for e, _ in usual):.3%}, worst {usual[0][0]:.2%}",
        *(line for _, line in usual[:8]),
        f"{len(others)} files of other content: median {median(e for e, _ in others):.2%}, worst {others[0][0]:.2%}",
        *(line for _, line in others),
    ]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert len(usual) > 100
    assert usual[0][0] < 0.015, usual[0][1]
    assert median(error for error, _ in usual) < 0.001
    assert others[0][0] < 0.23, others[0][1]
