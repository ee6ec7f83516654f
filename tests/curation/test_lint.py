"""Every kind of problem that a catalog's files can have, each with its file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor import paths
from advisor.catalog.compile import compile_files
from advisor.catalog.files import read_folder
from advisor.curation.lint import lint

MODEL = "catalog/models/maker/Fine-1B.yaml"
BENCH = "catalog/benchmarks/bench.yaml"
QUANT = "catalog/quantizations/table.yaml"
SEED = "seeds/900.yaml"
SOURCES = 'sources: [{ref: "https://example.org/x", accessed: "2026-01-15", kind: card}]'
FILE = "{quantization: Q4_K_M, file: Fine-1B-Q4_K_M.gguf, size_bytes: 600000000}"


def test_a_good_catalog_has_no_problems(shelf: Any) -> None:
    assert shelf.problems() == []


def test_the_shipped_catalog_has_no_problems() -> None:
    root = paths.checkout()
    assert root is not None
    assert lint(root / "catalog", root / "seeds") == []


CHANGED = [
    (MODEL, "name: Fine 1B", "name: ''", 1, "name: expected text of length >= 1"),
    (MODEL, "family: fine", "familly: fine", 2, "familly: unknown key 'familly'; did you mean 'family'?"),
    (MODEL, "family: fine", "family: find", 2, "no family 'find'; did you mean 'fine'?"),
    (MODEL, "provider: maker", "provider: makers", 3, "no provider 'makers'; did you mean 'maker'?"),
    (MODEL, "license: {id: MIT", "license: {id: MTI", 5, "no license 'MTI'; did you mean 'MIT'?"),
    (MODEL, "license: {id: MIT", "license: {id: MIT, also: [BSD]", 5, "no license 'BSD'"),
    (MODEL, "repo: maker/", "repo: someone/", 8, "publisher 'someone' has no record under providers/"),
    (MODEL, "quantization: Q4_K_M", "quantization: Q9", 10, "no table tells the loss of 'Q9'"),
    (MODEL, "Q4_K_M.gguf", "Q4_K_M.bin", 10, "'Fine-1B-Q4_K_M.bin' is no GGUF"),
    (MODEL, "Fine-1B-Q4_K_M.gguf", "Fine-1B.gguf", 10, "the name does not say Q4_K_M"),
    (MODEL, "size_bytes: 600000000", "size_bytes: 60000000000", 10, "480.0 bits per parameter cannot be"),
    (MODEL, "size_bytes: 600000000", "size_bytes: 100000000", 10, "0.8 bits per parameter cannot be"),
    (MODEL, "size_bytes: 600000000", f"shards: 3, shard_sha256: [{'a' * 64}]", 10, "1 hashes for 3 shards"),
    (MODEL, "Fine-1B-Q4_K_M.gguf", "Fine-7B-Q4_K_M.gguf", 10, "'Fine-7B-Q4_K_M.gguf' speaks of 7b, the model is 1b"),
    (
        MODEL,
        "repo: maker/Fine-1B",
        "repo: maker/Fine-30B-A3B",
        10,
        "'Fine-30B-A3B-GGUF' speaks of 30b a3b, the model is 1b",
    ),
    (
        MODEL,
        "repo: maker/Fine-1B",
        "repo: maker/Fine-1B-abliterated",
        10,
        "says 'abliterated', which the model's name does not",
    ),
    (MODEL, FILE, f"{FILE}\n      - {FILE}", 11, "maker/Fine-1B-GGUF/Fine-1B-Q4_K_M.gguf stands twice"),
    (MODEL, "total: 1000000000", "total: 1000000000, active: 2000000000", 6, "2,000,000,000 active of 1,000,000,000"),
    (MODEL, "total: 1000000000", "total: 1000000000, hub_count: 3000000000", 6, "the hub's count is not near"),
    (MODEL, "total: 1000000000", "total: 1000000000, hub_count: 1200000000", 6, "say in 'note' what the one counts"),
    (MODEL, "weights: open", "weights: closed", 7, "a closed system has no artifacts"),
    (MODEL, "weights: open", "weights: ajar", 4, "unknown value 'ajar'; one of: open, closed, announced"),
    (MODEL, 'accessed: "2026-01-15"', 'accessed: "January"', 4, "'January' is no ISO 8601 date (like 2026-11-22)"),
    ("catalog/licenses/MIT.yaml", "short: MIT", "short: The licence of MIT", 2, "is longer than 16 characters"),
    ("catalog/licenses/MIT.yaml", "short: MIT", "short: MIT\nuses: {fun: allowed}", 3, "'fun' is not allowed here"),
    (BENCH, "ceiling: 0.8", "ceiling: 0.4", 1, "the floor must lie above 0 and below the ceiling"),
    (BENCH, "floor: 0.4", "floor: 0", 1, "the floor must lie above 0 and below the ceiling"),
    (BENCH, "language: ja\n", "", 1, "measures neither a language nor a task"),
    (BENCH, "maker/Fine-1B:", "maker/Fine-2B:", 15, "no model 'maker/Fine-2B'; did you mean 'maker/Fine-1B'?"),
    ("catalog/families/fine.yaml", "provider: maker", "provider: baker", 2, "no provider 'baker'"),
    ("catalog/families/fine.yaml", "provider: maker", "provider: maker\nparent: finer", 3, "no family 'finer'"),
    (
        "catalog/providers/maker.yaml",
        "country: JP",
        "country: Japan",
        2,
        "country: 'Japan' is no ISO 3166-1 alpha-2 code (like JP)",
    ),
    (
        "catalog/hardware/card.yaml",
        "memory_bytes: 24000000000",
        "memory_bytes: 0",
        4,
        "memory_bytes: expected a whole number >= 1",
    ),
    ("catalog/hardware/card.yaml", "kind: gpu", "kind: fpga", 3, "kind: unknown value 'fpga'"),
    (SEED, "paragraph: 2", "paragraph: 3", 8, "the article has 2 paragraphs"),
    (SEED, "family:fine", "family:find", 6, "no family 'find'; did you mean 'fine'?"),
    (SEED, "model:maker/Fine-1B", "model:maker/Fine-9B", 8, "no model 'maker/Fine-9B'"),
    (SEED, "family:fine", "thing:fine", 6, "no thing 'fine'"),
    (SEED, 'number: "900"', "number: 900", 1, "number: expected text, got a whole number"),
]


@pytest.mark.parametrize(("name", "old", "new", "line", "told"), CHANGED, ids=lambda v: str(v)[:30])
def test_one_change_one_problem(name: str, old: str, new: str, line: int, told: str, shelf: Any) -> None:
    shelf.change(name, old, new)
    assert any(p.startswith(f"{name}:{line}: ") and told in p for p in shelf.problems())
    assert {p.split(":")[0] for p in shelf.problems()} == {name}


ADDED = [
    ("context: {native: 4096, extended: 2048, SOURCES}", 12, "extended context is shorter than the native one"),
    ("instruction_tuned: false\ntasks: {names: [chat], SOURCES}", 13, "a base model has no task 'chat'"),
    (
        "lineage: {trained: own, base_models: [{id: maker/Fine-1B, relation: merge}], SOURCES}",
        12,
        "is its own ancestor",
    ),
    (
        "lineage: {trained: derived, base_models: [{id: maker/None, relation: merge}], SOURCES}",
        12,
        "no model 'maker/None'",
    ),
    (
        "architecture: {name: x, layers: 3, cache: [{kind: none, layers: 2}], SOURCES}",
        12,
        "the groups tell of 2 layers",
    ),
    (
        "architecture: {name: x, layers: 3, experts: {count: 2, used: 4, feed_forward: 1}, SOURCES}",
        12,
        "more experts used",
    ),
    (
        "architecture: {name: x, layers: 3, experts: {count: 8, used: 4, feed_forward: 1, dense_layers: 9}, SOURCES}",
        12,
        "more dense layers than layers",
    ),
    ("architecture: {name: x, layers: 3, cache: [{kind: odd, layers: 3}], SOURCES}", 12, "'kind' must be one of full"),
    ("tasks: {names: [talk], SOURCES}", 12, "unknown value 'talk'; one of: chat, code, reasoning"),
    ("languages: {tags: [Japanese], SOURCES}", 12, "'Japanese' is no BCP 47 tag (like ja or zh-Hant)"),
    ("languages: {tags: [ja], silent: true, SOURCES}", 12, "the maker is silent, and yet speaks of languages"),
    (
        "disagreements: [{fact: context.native, other: 8192, why: x, SOURCES}]",
        12,
        "the record states no 'context.native'",
    ),
    (
        "disagreements: [{fact: parameters.total, other: 1000000000, why: x, SOURCES}]",
        12,
        "is what the record says itself of parameters.total",
    ),
    (
        "architecture: {name: x, layers: 1, heads: 12, cache: [{kind: full, layers: 1, kv_heads: 5, key_length: 64, value_length: 64}], SOURCES}",  # noqa: E501
        12,
        "12 heads cannot share 5 KV heads evenly",
    ),
    (
        "architecture: {name: x, layers: 2, hidden_size: 64, vocabulary_size: 100, cache: [{kind: none, layers: 2}], SOURCES}",  # noqa: E501
        6,
        "the architecture makes 6,400 parameters, 1,000,000,000 are stated: over 15% apart",
    ),
    (
        "reasoning: {mode: none, sources: [{ref: notes.txt, accessed: '2026-01-15', kind: card}]}",
        12,
        "source 'notes.txt' is no address that others can follow",
    ),
    ("notes: [x]\nnotes: [y]", 13, "key 'notes' stands twice"),
    ("notes: [x", 13, "expected"),
]


@pytest.mark.parametrize(("more", "line", "told"), ADDED, ids=lambda v: str(v)[:40])
def test_facts_that_cannot_be(more: str, line: int, told: str, shelf: Any) -> None:
    shelf.add(MODEL, more.replace("SOURCES", SOURCES) + "\n")
    problems = [p for p in shelf.problems() if p.startswith(MODEL)]
    assert any(p.startswith(f"{MODEL}:{line}: ") and told in p for p in problems)


def test_trained_from_scratch_with_base_models(shelf: Any) -> None:
    shelf.put("catalog/models/maker/Base.yaml", (shelf.root / MODEL).read_text().replace("Fine-1B", "Base"))
    shelf.add(MODEL, f"lineage: {{trained: own, base_models: [{{id: maker/Base, relation: merge}}], {SOURCES}}}\n")
    assert shelf.problems() == [f"{MODEL}:12: trained from scratch, and yet with base models"]


@pytest.mark.parametrize(
    "name",
    [
        "catalog/models/stray.yaml",
        "catalog/models/a/b/deep.yaml",
        "catalog/other/x.yaml",
        "catalog/x.yaml",
        "catalog/models/maker/Fine-2B.yml",
        "catalog/providers/more/x.yaml",
    ],
)
def test_files_that_no_kind_takes_in(name: str, shelf: Any) -> None:
    shelf.put(name, "name: x\n")
    assert shelf.problems() == [f"{name}:1: lies where no record is read; see docs/adding-a-model.md"]


def test_bytes_that_are_no_text_have_their_line(shelf: Any) -> None:
    shelf.put("catalog/providers/other.yaml", b"name: x\ncountry: \xff\n")
    assert shelf.problems() == ["catalog/providers/other.yaml:2: is not UTF-8 text"]


def test_names_claimed_twice(shelf: Any) -> None:
    shelf.add(MODEL, "aliases: [fine]\n")
    text = (shelf.root / MODEL).read_text().replace("Fine-1B", "Zwo-1B").replace("[fine]", "[x, Fine]")
    shelf.put("catalog/models/maker/Zwo-1B.yaml", text)
    shelf.put("catalog/providers/zz.yaml", f"name: Z\nhub_orgs: [maker]\n{SOURCES}\n")
    assert shelf.problems() == [
        "catalog/models/maker/Zwo-1B.yaml:12: alias 'Fine' is already a name of maker/Fine-1B",
        "catalog/providers/zz.yaml:2: hub organisation 'maker' already belongs to maker",
    ]


def test_a_record_that_cannot_be_read_is_told_once(shelf: Any) -> None:
    shelf.put("catalog/families/fine.yaml", "name: [\n")
    problems = shelf.problems()
    assert len(problems) == 1
    assert problems[0].startswith("catalog/families/fine.yaml:2: ")


def test_all_problems_in_order_of_files_and_lines(shelf: Any) -> None:
    shelf.change(MODEL, "family: fine\nprovider: maker", "family: find\nprovider: baker")
    shelf.change(BENCH, "ceiling: 0.8", "ceiling: 0.1")
    places = [p.split(": ")[0] for p in shelf.problems()]
    assert places == [f"{BENCH}:1", f"{MODEL}:2", f"{MODEL}:3"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("Q4_K_M: {like: Q8_0}\n  Q8_0: {like: Q4_K_M}\n", [5, 6], id="a circle of likes"),
        pytest.param("Q4_K_M: {like: Q4_K_M}\n", [5], id="like itself"),
        pytest.param("Q4_K_M: {like: nothing}\n", [5], id="like nothing"),
        pytest.param("Q4_K_M: {like: F16}\n  Q8_0: {like: Q4_K_M}\n", [6], id="like one that is like another"),
        pytest.param(
            "Q4_K_M: {like: F16}\n  Q8_0: {}\n  Q6_K: {like: Q8_0}\n",
            [7],
            id="like one without a loss",
        ),
        pytest.param("Q4_K_M: {like: F16}\n  Q8_0: {}\n", [], id="neither increase nor like is unknown"),
    ],
)
def test_quantization_tables(text: str, lines: list[int], shelf: Any) -> None:
    shelf.change(QUANT, "Q4_K_M: {increase: 0.1}\n", text)
    found = shelf.problems()
    assert [p.split(": ")[0] for p in found] == [f"{QUANT}:{line}" for line in lines]
    assert all("which the table does not measure" in p for p in found)


def test_a_table_tells_the_loss_of_the_default(shelf: Any) -> None:
    shelf.change(QUANT, "Q4_K_M:", "Q4_1:")
    assert f"{QUANT}:4: does not tell the loss of Q4_K_M, the default of --min-quant" in shelf.problems()


def test_families_in_a_circle(shelf: Any) -> None:
    shelf.add("catalog/families/fine.yaml", "parent: other\n")
    shelf.put("catalog/families/other.yaml", "name: Other\nprovider: maker\nparent: fine\n")
    told = "3: is its own parent's parent"
    assert shelf.problems() == [f"catalog/families/fine.yaml:{told}", f"catalog/families/other.yaml:{told}"]


def test_a_family_below_a_circle_is_not_blamed(shelf: Any) -> None:
    shelf.add("catalog/families/fine.yaml", "parent: other\n")
    shelf.put("catalog/families/other.yaml", "name: Other\nprovider: maker\nparent: other\n")
    assert shelf.problems() == ["catalog/families/other.yaml:3: is its own parent's parent"]


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        pytest.param(BENCH, 'date: "2026-01-01"', 'date: "2026-02-31"', 7),
        (MODEL, 'accessed: "2026-01-15"', 'accessed: "2026-13-45"', 4),
        ("catalog/providers/maker.yaml", "country: JP", "country: JA", 2),
        ("catalog/providers/maker.yaml", "country: JP", "country: UK", 2),
        pytest.param(BENCH, "language: ja", "language: jp", 2),
    ],
    ids=["day", "month", "country", "United Kingdom", "language"],
)
def test_values_that_nothing_carries(name: str, old: str, new: str, line: int, shelf: Any) -> None:
    shelf.change(name, old, new)
    assert f"{name}:{line}" in [p.split(": ")[0] for p in shelf.problems()]


@pytest.mark.parametrize(
    ("more", "line", "told"),
    [
        ('released: {date: "2099-01-01", SOURCES}', 12, "lies in the future"),
        ('released: {date: "2099-01", SOURCES}', 12, "lies in the future"),
        ("languages: {tags: [en, jp], SOURCES}", 12, "'jp' is no language; did you mean ja?"),
        ("languages: {tags: [cn], SOURCES}", 12, "'cn' is no language; did you mean zh?"),
        (
            'context: {native: 8, sources: [{ref: "https://x.org", accessed: "2099-01-01", kind: card}]}',
            12,
            "in the future",
        ),
    ],
    ids=["day", "month", "jp", "cn", "reading"],
)
def test_days_and_languages_of_a_model(more: str, line: int, told: str, shelf: Any) -> None:
    shelf.add(MODEL, more.replace("SOURCES", SOURCES) + "\n")
    (problem,) = shelf.problems()
    assert problem.startswith(f"{MODEL}:{line}: ")
    assert told in problem


@pytest.mark.parametrize("tag", ["ja", "zh-Hans", pytest.param("kr")])
def test_languages_that_there_are(tag: str, shelf: Any) -> None:
    shelf.add(MODEL, f"languages: {{tags: [{tag}], {SOURCES}}}\n")
    assert shelf.problems() == []


def test_readings_of_every_kind_lie_in_the_past(shelf: Any) -> None:
    names = [name for name in shelf.names if "accessed" in (shelf.root / name).read_text()]
    for name in names:
        text = (shelf.root / name).read_text()
        shelf.put(name, text.replace('accessed: "2026-01-15"', 'accessed: "2099-01-15"', 1))
    told = [(problem.split(":")[0], problem.split(": ", 1)[1]) for problem in shelf.problems()]
    assert told == [(name, "2099-01-15 lies in the future") for name in sorted(names)]


def test_a_folder_without_records_is_a_problem(tmp_path: Path) -> None:
    assert lint(tmp_path, None) == [
        f"{tmp_path}:1: holds no records; name the folder that has models/, providers/ … in it"
    ]


def test_an_overlay_folder_needs_no_articles(shelf: Any) -> None:
    assert lint(shelf.root / "catalog", None) == []
    assert lint(shelf.root / "catalog", Path("no such folder")) == []


@pytest.fixture
def base(shelf: Any) -> Any:
    """Return the good catalog, compiled, for overlays to lie over."""
    return compile_files(read_folder(shelf.root / "catalog", shelf.root / "seeds"))


def _overlay(folder: Path, name: str, text: str) -> Path:
    path = folder / "own" / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return folder / "own"


def test_an_overlay_may_leave_out_what_the_base_states(base: Any, tmp_path: Path) -> None:
    own = _overlay(tmp_path, "models/maker/Fine-1B.yaml", "name: Our Fine\n")
    assert lint(own, None, base) == []
    assert "own/models/maker/Fine-1B.yaml:1: 'availability' is missing" in lint(own, None)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("models/maker/Fine-1B.yaml", "\nprovider: baker\n", "own/models/maker/Fine-1B.yaml:2: no provider 'baker'"),
        ("models/maker/Fine-1B.yaml", "nme: x\n", "own/models/maker/Fine-1B.yaml:1: nme: unknown key 'nme'"),
        ("models/maker/New.yaml", "name: x\n", "own/models/maker/New.yaml:1: 'availability' is missing"),
        (
            "benchmarks/bench.yaml",
            "floor: 0.9\n",
            "own/benchmarks/bench.yaml:1: the floor must lie above 0 and below the ceiling",
        ),
    ],
)
def test_an_overlay_is_held_to_what_it_states(name: str, text: str, told: str, base: Any, tmp_path: Path) -> None:
    assert any(problem.startswith(told) for problem in lint(_overlay(tmp_path, name, text), None, base))


def test_an_overlay_that_breaks_the_base(base: Any, tmp_path: Path) -> None:
    own = _overlay(tmp_path, "providers/maker.yaml", "hub_orgs: []\n")
    assert lint(own, None, base) == [
        "own:1: breaks models/maker/Fine-1B: publisher 'maker' has no record under providers/; "
        "its artifacts are never offered"
    ]
