"""Results of smoke tests in every format."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import msgspec
import pytest

from advisor.engine.interface import Diagnosis
from advisor.hardware.schema import Machine
from advisor.render import renderer
from advisor.smoke.bench import Performance
from advisor.smoke.comparison import bakeoff, compare
from advisor.smoke.document import Asked, Check, SmokeResult, TestedModel, Transcript, UsedEngine, UsedSuite

RESULT = SmokeResult(
    schema="advisor.smoke/1", verdict="fail", date="2026-11-25", program="1",
    model=TestedModel(file="m.gguf", sha256="b" * 64, size_bytes=10**9, id="maker/model", quantization="Q4_K_M"),
    engine=UsedEngine(name="llama-cpp-python", version="0.3.36", build="AVX2 = 1", flags={"n_ctx": 512}),
    host=Machine(name="this machine", basis="detected", ram_bytes=16 << 30, cpu_name="Chip", cpu_threads=8),
    isolation={"network": "isolated", "address_space_bytes": 2 << 30},
    asked=Asked(context=512, timeout=60.0, repeat=3, seed=1),
    suites=(UsedSuite(id="ours", name="Ours", sha256="c" * 64),),
    checks=(
        Check(id="engine.loads", verdict="pass", reason="loaded in 1.0 s", measured=1.0),
        Check(
            id="ours.a.contains", verdict="fail", reason="lacks “x”: \x1b[31m|<b>", measured=0, threshold=1,
            suite="ours", case="a",
        ),
        Check(id="ours.b.language", verdict="unknown", reason="an extra is missing", suite="ours", case="b"),
        Check(id="ours.c.stops", verdict="warn", reason="=HYPERLINK(1)", suite="ours", case="c"),
        Check(id="performance.p.speed", verdict="info", reason="10 tokens/s", measured=10.0, suite="performance"),
    ),
    performance=Performance(load_seconds=1.0, generation_tokens_per_second=10.0, peak_rss_bytes=1 << 30),
    failure=Diagnosis(code="segfault", message="m", next_step="n"),
    transcripts=(Transcript(suite="ours", case="a", prompt="Say | x", reply="<script>"),),
)  # fmt: skip


def test_junit_is_xml_and_counts_are_right() -> None:
    root = ElementTree.fromstring(renderer("smoke", "junit")(RESULT).encode())
    ours = next(suite for suite in root if suite.get("name") == "ours")
    assert (ours.get("tests"), ours.get("failures"), ours.get("skipped")) == ("3", "1", "1")
    cases = {case.get("name"): case for case in ours}
    failure = cases["ours.a.contains"].find("failure")
    assert failure is not None and "\x1b" not in (failure.text or "") and "threshold 1" in (failure.text or "")
    assert cases["ours.b.language"].find("skipped") is not None
    assert "warn" in (cases["ours.c.stops"].findtext("system-out") or "")
    assert cases["ours.a.contains"].get("classname") == "smoke.maker/model"


def test_the_table_holds_every_check_and_no_control_character() -> None:
    text = renderer("smoke", "table")(RESULT, width=80)
    for check in RESULT.checks:
        assert check.id in text
    assert "Verdict: fail (1 fail, 1 warn, 1 unknown, 1 pass, 1 info)." in text
    assert "address_space_bytes: 2.0 GiB" in text
    assert "\x1b" not in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_markdown_is_inert() -> None:
    text = renderer("smoke", "markdown")(RESULT)
    assert "\\<script\\>" in text and "Say \\| x" in text
    assert "\x1b" not in text


def test_csv_is_inert() -> None:
    rows = list(csv.DictReader(io.StringIO(renderer("smoke", "csv")(RESULT))))
    assert [row["verdict"] for row in rows] == ["pass", "fail", "unknown", "warn", "info"]
    assert rows[3]["reason"] == "'=HYPERLINK(1)"


def test_json_comes_back_as_it_was() -> None:
    text = renderer("smoke", "json")(RESULT)
    assert next(iter(json.loads(text))) == "schema"
    assert msgspec.json.decode(text, type=SmokeResult) == RESULT


@pytest.mark.parametrize("format_name", ["table", "json", "markdown", "csv"])
def test_comparisons_and_bake_offs_in_every_format(format_name: str) -> None:
    other = msgspec.structs.replace(RESULT, date="2026-11-26", verdict="pass")
    for kind, document in (
        ("smoke_comparison", compare([(RESULT, "1"), (other, "2")])),
        ("bakeoff", bakeoff([(RESULT, "1")])),
    ):
        text = renderer(kind, format_name)(document)
        assert "maker/model" in text
        assert "\x1b" not in text


def test_a_comparison_tells_what_differs_from_what_was_not_run() -> None:
    one, other = (Check(id=name, verdict="pass", reason="it does") for name in "ab")
    first = msgspec.structs.replace(RESULT, checks=(one, other))
    last = msgspec.structs.replace(RESULT, checks=(msgspec.structs.replace(one, verdict="fail"),))
    document = compare([(first, "1" * 64), (last, "2" * 64)])
    rows = list(csv.reader(io.StringIO(renderer("smoke_comparison", "csv")(document))))
    assert ["result", "1" * 12, "2" * 12, ""] in rows
    assert ["a", "pass", "fail", "differs"] in rows
    assert ["b", "pass", "-", "not run in all"] in rows
    table = renderer("smoke_comparison", "table")(document, width=60)
    assert table.startswith(f"1   maker/model Q4_K_M, {'1' * 12}, 2026-11-25,")
    assert "not run in all" in table


def test_a_threshold_without_a_measurement_is_not_told() -> None:
    short = Check(id="a", verdict="unknown", reason="too short", threshold=0.8)
    assert "[" not in renderer("smoke", "table")(msgspec.structs.replace(RESULT, checks=(short,)))
