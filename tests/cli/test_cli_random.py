"""Random requirements and random records: never a traceback, always an exit code that means something."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LANGUAGES = st.sampled_from(["ja", "en", "zh", "zh-Hant", "ko", "pt-BR", "jp", "", "x", "日本語", "fil", "ja-JP-x-a"])
COUNTRIES = st.sampled_from(["JP", "CN", "US", "EU", "UK", "jp", "Japan", ""])
SIZES = st.one_of(st.sampled_from(["16GB", "24GiB", "1MiB", "0GB", "24", "-1GB", "1000TB"]), st.text(max_size=8))
WORDS = st.text(alphabet=string.printable, max_size=12)
SMALL = st.integers(min_value=-10, max_value=10**6)
VALUES = {
    "lang": st.lists(LANGUAGES, max_size=3),
    "task": st.lists(st.sampled_from(["chat", "code", "reasoning", "embedding", "vision", "talk"]), max_size=3),
    "license": st.lists(st.sampled_from(["MIT", "Apache-2.0", "apache", "LicenseRef-example-nc", "BSD"]), max_size=2),
    "use": st.sampled_from(["internal", "customer-facing", "redistribute", "research", "fun"]),
    "monthly_users": SMALL,
    "annual_revenue": st.integers(min_value=-1, max_value=10**13),
    "territory": st.lists(COUNTRIES, max_size=2),
    "seat": COUNTRIES,
    "origin": st.lists(COUNTRIES, max_size=2),
    "exclude_origin": st.lists(COUNTRIES, max_size=2),
    "on_prem": st.booleans(),
    "air_gapped": st.booleans(),
    "privacy": st.sampled_from(["public", "internal", "confidential", "restricted", "secret"]),
    "publisher": st.lists(st.sampled_from(["official", "acme", "quanty", "nobody"]), max_size=2),
    "ram": SIZES,
    "vram": SIZES,
    "hardware": st.sampled_from(["gpu-24gb", "unified-64gb", "desktop-16gb", "eg24", "none"]),
    "context": st.one_of(SMALL, st.sampled_from(["8k", "1M", "128k", "many"])),
    "concurrency": st.integers(min_value=-1, max_value=1000),
    "min_speed": st.floats(allow_nan=False, allow_infinity=False),
    "max_parameters": st.one_of(
        st.integers(min_value=-1, max_value=10**15), st.sampled_from(["7B", "14b", "0.5T", "x"])
    ),
    "min_quant": st.sampled_from(["Q4_K_M", "Q2_K", "F16", "q8_0", "UD-Q4_K_XL", "Q1"]),
    "prefer": st.dictionaries(
        st.sampled_from(["language", "task", "speed", "license", "recency", "beauty"]), st.floats(-1, 101), max_size=4
    ),
    "strict": st.booleans(),
    "as_of": st.sampled_from(["2026-01-01", "2020-02-29", "1999-12-31", "9999-12-31", "today"]),
}
GOOD_OR_BAD = st.fixed_dictionaries({}, optional=VALUES)
GARBAGE: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), SMALL, st.floats(), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=8,
)
ANY_VALUES = st.dictionaries(st.one_of(st.sampled_from(sorted(VALUES)), WORDS), GARBAGE, max_size=5)
YAML = st.text(alphabet="abnotrue01.-+:,[]{}&*!|>'\"%@#?~ \n\t<=é語\x07", max_size=60)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("random")


def _asked(console: Any, folder: Path, content: bytes) -> Any:
    file = folder / "needs.yaml"
    file.write_bytes(content)
    ran = console("recommend", "-r", str(file), "--format", "json")
    assert ran.exit_code in (0, 1, 2), ran.stderr
    assert "Traceback" not in ran.stderr
    assert (ran.exit_code == 2) == ran.stderr.startswith("Error: ") == (ran.stdout == "")
    return ran


@QUICK
@given(needs=GOOD_OR_BAD)
def test_valid_keys_with_random_values(needs: dict[str, Any], console: Any, folder: Path) -> None:
    needs.setdefault("hardware", "gpu-24gb")
    ran = _asked(console, folder, json.dumps(needs).encode())
    if ran.exit_code < 2:
        document = json.loads(ran.stdout)
        assert (ran.exit_code == 0) == (document["summary"]["pass"] > 0)
        assert sum(document["summary"].values()) == document["catalog"]["models"] == len(document["candidates"])


@QUICK
@given(needs=ANY_VALUES)
def test_random_values_of_any_kind(needs: dict[str, Any], console: Any, folder: Path) -> None:
    _asked(console, folder, json.dumps({"ram": "16GiB", **needs}).encode())


@QUICK
@given(content=st.one_of(st.binary(max_size=60), YAML.map(str.encode)))
def test_random_bytes_as_requirements(content: bytes, console: Any, folder: Path) -> None:
    _asked(console, folder, content)


KINDS = [
    "models/acme/Asagi-7B",
    "models/new/New",
    "providers/acme",
    "families/asagi",
    "licenses/MIT",
    "hardware/gpu-24gb",
    "benchmarks/example-ja",
    "quantizations/example",
]
KEYS = st.sampled_from(
    [
        "name",
        "family",
        "provider",
        "country",
        "kind",
        "hub_orgs",
        "license",
        "languages",
        "tasks",
        "parameters",
        "context",
        "architecture",
        "artifacts",
        "aliases",
        "text",
        "uses",
        "obligations",
        "entries",
        "results",
        "floor",
        "ceiling",
        "memory_bytes",
        "bandwidth",
        "sources",
        "parent",
        "lineage",
    ]
)
FRAGMENTS = st.one_of(
    GARBAGE,
    st.just({"id": "MIT", "sources": [{"ref": "x", "accessed": "2026-01-01", "kind": "card"}]}),
    st.just([{"id": "borealis/Boreal-14B", "relation": "merge"}]),
    st.just({"native": 1, "sources": [{"ref": "x", "accessed": "2026-01-01", "kind": "card"}]}),
)


@QUICK
@given(
    kind=st.sampled_from(KINDS),
    content=st.one_of(
        st.binary(max_size=60),
        YAML.map(str.encode),
        st.dictionaries(KEYS, FRAGMENTS, max_size=4).map(lambda facts: json.dumps(facts).encode()),
    ),
)
def test_random_records_laid_over_the_catalog(kind: str, content: bytes, console: Any, folder: Path) -> None:
    overlay = folder / "overlay"
    for old in overlay.rglob("*.yaml"):
        old.unlink()
    file = overlay / f"{kind}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    ran = console("recommend", "--ram", "16GiB", "--catalog", str(overlay), "--format", "json")
    assert ran.exit_code in (0, 1, 3), ran.stderr
    assert "Traceback" not in ran.stderr
    if ran.exit_code == 3:
        assert ran.stdout == ""
        assert ran.stderr.startswith("Error: ")
    else:
        assert json.loads(ran.stdout)["schema"] == "advisor.recommendation/1"
