"""Overlays that are wrong: every problem as `file:line: message`, exit code 3."""

from __future__ import annotations

import itertools
from typing import Any

import pytest


def wrong(reason: str) -> pytest.MarkDecorator:
    """Mark what the program does not do yet, and should."""
    return pytest.mark.xfail(strict=True, reason=reason)


MACHINE = ("--ram", "16GiB")
SOURCES = 'sources: [{ref: x, accessed: "2026-01-01", kind: card}]'
MODEL = "own/models/acme/Asagi-7B.yaml"
OVERLAYS = [
    pytest.param(
        {MODEL: "name: x\nlicence:\n  id: MIT\n"},
        [f"{MODEL}:2: licence: unknown key 'licence'; did you mean 'license'?"],
        id="misspelt key",
    ),
    pytest.param(
        {MODEL: "name: x\nprovider: acne\n"},
        [f"{MODEL}:2: no provider 'acne'; did you mean 'acme'?"],
        id="broken reference",
    ),
    pytest.param({MODEL: "name: [\n"}, [f"{MODEL}:2: "], id="malformed"),
    pytest.param({MODEL: ""}, [f"{MODEL}:1: "], id="empty file"),
    pytest.param({MODEL: "[]"}, [f"{MODEL}:1: "], id="a list"),
    pytest.param({MODEL: "1: 2\n"}, [f"{MODEL}:1: "], id="a number as key"),
    pytest.param({MODEL: "name: null\n"}, [f"{MODEL}:1: name: "], id="null"),
    pytest.param({MODEL: b"name: \xff\n"}, [f"{MODEL}:1: is not UTF-8 text"], id="not UTF-8"),
    pytest.param(
        {MODEL: "nme: x\n", "own/providers/acme.yaml": "name: A\ncountry: Japan\n"},
        [f"{MODEL}:1: nme: unknown key", "own/providers/acme.yaml:2: country: "],
        id="two files",
    ),
    pytest.param(
        {"own/models/acme/New.yaml": "name: New\n"},
        [f"own/models/acme/New.yaml:1: '{key}' is missing" for key in ("availability", "family", "provider")],
        id="incomplete",
    ),
    pytest.param(
        {MODEL: f"lineage: {{trained: derived, base_models: [{{id: acme/Asagi-7B, relation: merge}}], {SOURCES}}}\n"},
        [f"{MODEL}:1: is its own ancestor"],
        id="its own ancestor",
    ),
    pytest.param(
        {MODEL: f"architecture: {{name: x, layers: 1, cache: [{{kind: foo}}], {SOURCES}}}\n"},
        [f"{MODEL}:1: architecture.cache.0.kind: 'kind' must be one of full"],
        id="unknown kind",
    ),
    pytest.param(
        {MODEL: f"architecture: {{name: x, layers: 1, cache: [{{kind: [a]}}], {SOURCES}}}\n"},
        [f"{MODEL}:1: architecture.cache.0.kind"],
        id="a list as kind",
        marks=wrong("`kind in tags` with an unhashable value: TypeError, exit 70"),
    ),
    pytest.param(
        {"own/quantizations/example.yaml": "entries: {Q8_0: {like: Q4_K_M}, Q4_K_M: {like: Q8_0}}\n"},
        ["own/quantizations/example.yaml:1: "],
        id="quantizations in a circle",
        marks=wrong("`like` in a circle is a RecursionError, exit 70; lint does not see it"),
    ),
    pytest.param(
        {"own/quantizations/example.yaml": "entries: {F16: {increase: 0}}\n"},
        ["own/quantizations/example.yaml:1: "],
        id="no Q4_K_M",
        marks=wrong("a catalog without the default --min-quant is a KeyError, exit 70"),
    ),
    pytest.param(
        {"own/families/asagi.yaml": "parent: asagi-extra\n"},
        ["own/families/asagi.yaml:1: "],
        id="families in a circle",
        marks=wrong("a family that is its own parent's parent is taken (and lint does not see it)"),
    ),
    pytest.param(
        {MODEL: f'released: {{date: "2025-99-99", {SOURCES}}}\n'},
        [f"{MODEL}:1: released.date"],
        id="an impossible day",
        marks=wrong("days of records are checked by a pattern, not by the calendar"),
    ),
    pytest.param(
        {MODEL: 'released: {date: "2025-01-01", sources: [{ref: x, accessed: "9999-12-31", kind: card}]}\n'},
        [f"{MODEL}:1: released.sources"],
        id="read in the future",
        marks=wrong("a source read in the year 9999 becomes the day the whole catalog stands for"),
    ),
]


@pytest.mark.parametrize(("records", "told"), OVERLAYS)
def test_overlays_that_are_wrong(
    records: dict[str, str | bytes], told: list[str], console: Any, write: Any, tmp_path: Any
) -> None:
    for name, content in records.items():
        write(name, content)
    ran = console("recommend", *MACHINE, "--catalog", str(tmp_path / "own"))
    assert (ran.exit_code, ran.stdout) == (3, "")
    lines = ran.stderr.removeprefix("Error: ").splitlines()
    assert len(lines) == len(told)
    for line, start in zip(lines, told, strict=True):
        assert line.startswith(start)


@wrong("references that an overlay breaks in shipped records are told without any file and line")
def test_a_broken_reference_leads_to_the_overlay(console: Any, write: Any, tmp_path: Any) -> None:
    write("own/providers/acme.yaml", "hub_orgs: []\n")
    ran = console("recommend", *MACHINE, "--catalog", str(tmp_path / "own"))
    assert ran.exit_code == 3
    assert "own/providers/acme.yaml:1: " in ran.stderr


@wrong("a file that no kind of record takes in is passed over in silence (lint would tell it)")
def test_a_stray_file_is_mentioned(console: Any, write: Any, tmp_path: Any) -> None:
    write("own/model/acme/Asagi-7B.yaml", "name: x\n")
    write(MODEL, "name: y\n")
    assert "own/model/acme/Asagi-7B.yaml" in console("recommend", *MACHINE, "--catalog", str(tmp_path / "own")).stderr


def test_overlays_that_are_not_there(console: Any, tmp_path: Any, write: Any) -> None:
    (tmp_path / "empty").mkdir()
    for path, told in (
        (tmp_path / "none", "no such folder"),
        (tmp_path / "empty", "holds no records"),
        (write("file", "x"), "no such folder"),
    ):
        ran = console("recommend", "--catalog", str(path))
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert told in ran.stderr


def test_an_overlay_holds_fact_group_by_fact_group(console: Any, write: Any, tmp_path: Any) -> None:
    write(MODEL, "name: Our Asagi\n")
    shown = console("catalog", "show", "acme/Asagi-7B", "--catalog", str(tmp_path / "own")).stdout
    assert f"name: Our Asagi\n    (from {tmp_path / 'own'})" in shown
    assert "total: 7,000,000,000" in shown


@pytest.mark.parametrize("opening", ["[", "{a: "])
@wrong("the C loader's recursion ends the process with SIGSEGV; MAX_DEPTH is not used")
def test_deep_nesting_in_an_overlay(opening: str, process: Any, write: Any, tmp_path: Any) -> None:
    write(MODEL, "notes: " + opening * 100_000)
    assert process("recommend", "--catalog", str(tmp_path / "own")).exit_code == 3


def _laughs(key: str) -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    names = "abcdefghij"
    for below, name in itertools.pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]")
    return "\n".join([*lines, f"{key}: *j", ""])


def test_aliases_in_records_do_not_explode(console: Any, write: Any, tmp_path: Any) -> None:
    write(MODEL, _laughs("notes"))
    ran = console("recommend", "--catalog", str(tmp_path / "own"))
    assert ran.exit_code == 3
    assert len(ran.stderr) < 10_000
