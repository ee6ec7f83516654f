"""The documents and exit codes that scripts rely on (CONTRACT.md), on the catalog that is shipped."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

MACHINE = ("--ram", "64GiB", "--vram", "24GiB")
NEEDS = {
    "least": ("--ram", "16GiB"),
    "Japanese": ("--lang", "ja", *MACHINE),
    "a bank": (
        "--lang",
        "ja",
        "--lang",
        "zh-Hant",
        "--use",
        "customer-facing",
        "--monthly-users",
        "900000000",
        "--annual-revenue",
        "50000000000",
        "--territory",
        "SG",
        "--territory",
        "EU",
        "--seat",
        "SG",
        "--privacy",
        "restricted",
        "--publisher",
        "official",
        "--context",
        "40000",
        "--concurrency",
        "8",
        "--min-speed",
        "3",
        "--max-parameters",
        "200B",
        "--license",
        "MIT",
        "--license",
        "Apache-2.0",
        "--exclude-origin",
        "CN",
        "--origin",
        "US",
        "--origin",
        "FR",
        "--prefer",
        "speed=0.5",
        "--as-of",
        "2026-11-22",
        *MACHINE,
    ),
    "code, strictly": ("--task", "code", "--task", "reasoning", "--strict", "--hardware", "nvidia-rtx-4090"),
    "nothing": ("--lang", "cu", "--license", "MIT", "--ram", "1GiB", "--strict"),
}
RULES = {
    "task",
    "language",
    "license",
    "license-use",
    "users",
    "revenue",
    "territory",
    "seat",
    "origin",
    "deployment",
    "publisher",
    "artifact",
    "memory",
    "context",
    "speed",
    "parameters",
    "status",
}
KINDS = {
    "config",
    "card",
    "license",
    "repository",
    "registry",
    "survey",
    "benchmark",
    "article",
    "documentation",
    "specification",
    "measurement",
}
Json = dict[str, Any]
_RECOMMENDED: dict[str, tuple[int, Json]] = {}


@pytest.fixture(params=NEEDS)
def recommended(request: pytest.FixtureRequest, console: Any) -> tuple[int, Json]:
    """Return exit code and document of one run; each is made once."""
    name = request.param
    if name not in _RECOMMENDED:
        ran = console("recommend", *NEEDS[name], "--format", "json", shipped=True)
        assert ran.stderr == ""
        _RECOMMENDED[name] = ran.exit_code, json.loads(ran.stdout)
    return _RECOMMENDED[name]


@pytest.fixture
def document(recommended: tuple[int, Json]) -> Json:
    return recommended[1]


def _has(record: Json, required: dict[str, Any], optional: dict[str, Any] | None = None, closed: bool = False) -> None:
    """Assert keys and types; more keys may be added unless `closed`."""
    optional = optional or {}
    assert set(required) <= set(record), f"missing: {set(required) - set(record)}"
    if closed:
        assert set(record) <= {*required, *optional}
    for key, kind in {**required, **optional}.items():
        if key in record:
            assert isinstance(record[key], kind) and (kind is bool or not isinstance(record[key], bool)), key


def _everything(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _everything(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _everything(inner, f"{path}[{index}]")


def test_the_document_begins_with_its_schema(document: Json) -> None:
    assert next(iter(document)) == "schema"
    assert document["schema"] == "advisor.recommendation/1"
    _has(
        document,
        {
            "schema": str,
            "catalog": dict,
            "requirements": dict,
            "machine": dict,
            "policies": list,
            "as_of": str,
            "summary": dict,
            "relaxations": list,
            "candidates": list,
        },
    )
    _has(document["catalog"], {"digest": str, "as_of": str, "models": int})
    assert re.fullmatch(r"[0-9a-f]{64}", document["catalog"]["digest"])
    for day in (document["as_of"], document["catalog"]["as_of"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)
    _has(document["summary"], {"pass": int, "unknown": int, "fail": int}, closed=True)


def test_what_is_unknown_is_absent(document: Json) -> None:
    assert [path for path, value in _everything(document) if value is None or value == ""] == []


def test_every_model_stands_once_the_ranked_first(document: Json, console: Any) -> None:
    listed = json.loads(console("catalog", "list", "--format", "json", shipped=True).stdout)
    ids = [c["id"] for c in document["candidates"]]
    assert sorted(ids) == sorted(m["id"] for m in listed["models"])
    assert document["catalog"]["models"] == len(ids)
    assert document["catalog"]["digest"] == listed["digest"]
    counts = Counter(c["verdict"] for c in document["candidates"])
    assert document["summary"] == {verdict: counts[verdict] for verdict in ("pass", "unknown", "fail")}
    verdicts = [c["verdict"] for c in document["candidates"]]
    assert verdicts == sorted(verdicts, key=["pass", "unknown", "fail"].index)
    ranked = [c for c in document["candidates"] if c["verdict"] != "fail"]
    assert [c["rank"] for c in ranked] == list(range(1, len(ranked) + 1))
    for verdict in ("pass", "unknown"):
        scores = [c["score"] for c in ranked if c["verdict"] == verdict]
        assert scores == sorted(scores, reverse=True)
    for rejected in document["candidates"][len(ranked) :]:
        assert not {"rank", "score"} & set(rejected)


def test_candidates_have_the_shape_of_the_contract(document: Json) -> None:
    for candidate in document["candidates"]:
        _has(
            candidate,
            {"id": str, "name": str, "verdict": str, "provider": dict, "findings": list},
            {
                "rank": int,
                "score": float,
                "license": dict,
                "artifact": dict,
                "memory": dict,
                "conditions": list,
                "speed": dict,
                "scores": list,
            },
        )
        _has(candidate["provider"], {"id": str, "name": str}, {"country": str})
        if "license" in candidate:
            _has(candidate["license"], {"id": str}, {"category": str})
        if "artifact" in candidate:
            _has(
                candidate["artifact"],
                {"repo": str, "file": str, "quantization": str, "publisher": str},
                {"size_bytes": int, "sha256": str, "revision": str},
            )
        if "speed" in candidate:
            _has(candidate["speed"], {"decode_tokens_per_second": (int, float), "basis": str})
        assert all(isinstance(text, str) for text in candidate.get("conditions", []))


def test_what_passes_can_be_fetched_and_fits(document: Json) -> None:
    for candidate in document["candidates"]:
        if candidate["verdict"] == "pass":
            assert candidate["artifact"]["file"].endswith(".gguf")
            assert candidate["memory"]["total_bytes"] <= candidate["memory"]["budget_bytes"]
            assert candidate["speed"]["decode_tokens_per_second"] > 0


def test_the_parts_of_memory_add_up(document: Json) -> None:
    plans = [c["memory"] for c in document["candidates"] if "memory" in c]
    assert plans
    for plan in plans:
        parts = [key for key in plan if key.endswith("_bytes") and key not in ("total_bytes", "budget_bytes")]
        assert set(parts) <= {"weights_bytes", "kv_cache_bytes", "state_bytes", "compute_bytes", "overhead_bytes"}
        assert sum(plan[part] for part in parts) == plan["total_bytes"]
        assert isinstance(plan["basis"], str)


def test_findings_carry_rule_verdict_reason_and_sources(document: Json) -> None:
    for candidate in document["candidates"]:
        rules = [f["rule"] for f in candidate["findings"]]
        assert len(rules) == len(set(rules))
        assert set(rules) <= RULES
        for finding in candidate["findings"]:
            _has(
                finding,
                {"rule": str, "verdict": str, "reason": str},
                {"missing": list, "sources": list, "conditions": list},
            )
            assert finding["verdict"] in ("pass", "unknown", "fail")
            if finding["verdict"] != "unknown":
                assert "missing" not in finding
            for source in finding.get("sources", []):
                _has(source, {"kind": str, "ref": str, "accessed": str}, {"via": str, "note": str}, closed=True)
                assert source["kind"] in KINDS
                assert re.fullmatch(r"\d{4}-\d\d-\d\d", source["accessed"])


def test_the_verdict_follows_from_the_findings(document: Json) -> None:
    strict = document["requirements"].get("strict", False)
    for candidate in document["candidates"]:
        told = {finding["verdict"] for finding in candidate["findings"]}
        due = "fail" if "fail" in told else "unknown" if "unknown" in told else "pass"
        assert candidate["verdict"] == ("fail" if strict and due == "unknown" else due)


def test_scores_add_up(document: Json) -> None:
    for candidate in document["candidates"]:
        if candidate["verdict"] == "fail":
            assert "scores" not in candidate
            continue
        for part in candidate["scores"]:
            _has(part, {"criterion": str, "value": float, "weight": float, "contribution": float}, {"sources": list})
            assert part["contribution"] == pytest.approx(part["value"] * part["weight"], abs=2e-4)
        assert sum(part["contribution"] for part in candidate["scores"]) == pytest.approx(candidate["score"], abs=1e-3)
        assert sum(part["weight"] for part in candidate["scores"]) == pytest.approx(1, abs=1e-3)


def test_relaxations_say_from_what_to_what(document: Json) -> None:
    ids = {c["id"] for c in document["candidates"]}
    assert not document["relaxations"] or document["summary"]["pass"] == 0
    for relaxation in document["relaxations"]:
        _has(relaxation, {"relax": list, "passes": list}, closed=True)
        assert set(relaxation["passes"]) <= ids and relaxation["passes"]
        for option in relaxation["relax"]:
            assert {"option", "to"} <= set(option) <= {"option", "from", "to"}


def test_the_exit_code_says_whether_something_passes(recommended: tuple[int, Json]) -> None:
    exit_code, document = recommended
    assert exit_code == (0 if document["summary"]["pass"] else 1)


def test_the_needs_of_these_tests_give_both_answers(console: Any) -> None:
    codes = {
        name: console("recommend", *needs, "--format", "json", shipped=True).exit_code for name, needs in NEEDS.items()
    }
    assert codes["Japanese"] == 0
    assert codes["nothing"] == 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *(("recommendation", ("recommend", *needs)) for needs in NEEDS.values()),
        ("explanation", ("explain", "Qwen/Qwen3-14B", *NEEDS["Japanese"])),
        ("explanation", ("explain", "deepseek-ai/DeepSeek-R1", *NEEDS["a bank"])),
        ("comparison", ("compare", "Qwen/Qwen3-14B", "openai/gpt-oss-20b", *NEEDS["Japanese"])),
        ("catalog", ("catalog", "list")),
        ("systems", ("catalog", "list", "--articles")),
        ("coverage", ("catalog", "coverage")),
        ("record", ("catalog", "show", "Qwen/Qwen3-14B")),
        ("record", ("catalog", "show", "Apache-2.0")),
        ("record", ("catalog", "show", "nvidia-rtx-4090")),
        ("hardware", ("hardware", *MACHINE)),
        ("hardware", ("hardware", *MACHINE, "--for", "Qwen/Qwen3-14B")),
        ("hardware", ("hardware", "--hardware", "nvidia-rtx-4090")),
    ],
)
def test_documents_hold_to_their_schemas(name: str, arguments: tuple[str, ...], console: Any) -> None:
    schema = json.loads(console("catalog", "schema", name, shipped=True).stdout)
    document = json.loads(console(*arguments, "--format", "json", shipped=True).stdout)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert next(iter(document)) == "schema"
    assert re.fullmatch(r"advisor\.[a-z]+/1", document["schema"])
    assert [path for path, value in _everything(document) if value is None or value == ""] == []


def test_the_schema_of_a_document_refuses_another_document(console: Any) -> None:
    schema = json.loads(console("catalog", "schema", "recommendation", shipped=True).stdout)
    other = json.loads(console("catalog", "list", "--format", "json", shipped=True).stdout)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(other)


def test_catalog_list_has_the_keys_of_the_contract(console: Any) -> None:
    document = json.loads(console("catalog", "list", "--format", "json", shipped=True).stdout)
    _has(document, {"schema": str, "digest": str, "as_of": str, "models": list})
    assert document["schema"] == "advisor.catalog/1"
    required = {"id": str, "name": str, "family": str, "provider": str, "open_weights": bool}
    optional = {
        "country": str,
        "license": str,
        "parameters_total": int,
        "parameters_active": int,
        "layers": int,
        "kv_heads": int,
        "head_dim": int,
        "context_length": int,
        "languages": list,
        "tasks": list,
        "modalities_in": list,
        "modalities_out": list,
        "released": str,
        "gated": bool,
        "base_models": list,
        "articles": list,
        "artifacts": list,
    }
    seen: set[str] = set()
    for model in document["models"]:
        _has(model, required, optional)
        seen |= set(model)
        assert all(re.fullmatch(r"\d{3}#\d+", place) for place in model.get("articles", []))
        if not model["open_weights"]:
            assert "artifacts" not in model
    assert seen >= {*required, *optional}, f"no model states {({*required, *optional}) - seen}"
    ids = [model["id"] for model in document["models"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", NEEDS)
def test_equal_inputs_make_equal_bytes(name: str, console: Any) -> None:
    first, again = (console("recommend", *NEEDS[name], "--format", "json", shipped=True) for _ in range(2))
    assert first == again
