"""Overlays that are wrong: every problem as `file:line: message`, exit code 3."""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest

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
    pytest.param({MODEL: "[]"}, [f"{MODEL}:1: "], id="a list"),
    pytest.param(
        {MODEL: "1: 2\n"},
        [f"{MODEL}:1: 1: unknown key '1'"],
        id="a number as key",
    ),
    pytest.param(
        {MODEL: "true: 2\n"},
        [f"{MODEL}:1: "],
        id="a truth value as key",
    ),
    pytest.param({MODEL: "name: x\n<<: {name: y}\n"}, [f"{MODEL}:2: <<: unknown key '<<'"], id="a merge"),
    pytest.param({MODEL: "name: &n x\n"}, [f"{MODEL}:1: anchors and aliases are not accepted"], id="an anchor"),
    pytest.param({MODEL: "name: x\nnotes: !!set {a}\n"}, [f"{MODEL}:2: tags are not accepted"], id="a tag"),
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
    ),
    pytest.param(
        {"own/quantizations/example.yaml": "entries: {Q8_0: {like: Q4_K_M}, Q4_K_M: {like: Q8_0}}\n"},
        [
            "own/quantizations/example.yaml:1: counts like 'Q4_K_M'",
            "own/quantizations/example.yaml:1: counts like 'Q8_0'",
        ],
        id="quantizations in a circle",
    ),
    pytest.param(
        {"own/quantizations/example.yaml": "entries: {F16: {increase: 0}}\n"},
        ["own/quantizations/example.yaml:1: does not tell the loss of Q4_K_M"],
        id="no Q4_K_M",
    ),
    pytest.param(
        {"own/families/asagi.yaml": "parent: asagi-extra\n"},
        [
            "own/families/asagi.yaml:1: is its own parent's parent",
            "<folder>/own:1: breaks families/asagi-extra: is its own parent's parent",
        ],
        id="families in a circle",
    ),
    pytest.param(
        {MODEL: f'released: {{date: "2025-99-99", {SOURCES}}}\n'},
        [f"{MODEL}:1: released.date"],
        id="an impossible day",
    ),
    pytest.param(
        {MODEL: 'context: {native: 8192, sources: [{ref: x, accessed: "2026-02-30", kind: card}]}\n'},
        [f"{MODEL}:1: context.sources.0.accessed: '2026-02-30' is no ISO 8601 date"],
        id="read on a day that there is not",
    ),
    pytest.param(
        {MODEL: 'gated:\n  value: true\n  sources:\n  - {ref: x, kind: card, accessed: "2026-02-03\\n"}\n'},
        [f"{MODEL}:4: gated.sources.0.accessed: "],
        id="read on a day with a line break",
    ),
    pytest.param(
        {MODEL: f"context: {{native: 99999999999999999999, {SOURCES}}}\n"},
        [f"{MODEL}:1: context.native: 99999999999999999999 is beyond everything that occurs"],
        id="a number that no machine holds",
    ),
    pytest.param(
        {"own/shelf_life/own.yaml": "name: Own\nfacts:\n  gated: {days: 99999999, why: never}\n"},
        ["own/shelf_life/own.yaml:3: facts.gated.days: expected"],
        id="a fact that stands for ever",
    ),
    pytest.param(
        {MODEL: 'released: {date: "2025-01-01", sources: [{ref: x, accessed: "9999-12-31", kind: card}]}\n'},
        [f"{MODEL}:1: "],
        id="read in the future",
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
        assert line.replace(str(tmp_path), "<folder>").startswith(start)


def test_a_broken_reference_leads_to_the_overlay(console: Any, write: Any, tmp_path: Any) -> None:
    write("own/providers/acme.yaml", "hub_orgs: []\n")
    ran = console("recommend", *MACHINE, "--catalog", str(tmp_path / "own"))
    assert ran.exit_code == 3
    lines = ran.stderr.removeprefix("Error: ").splitlines()
    assert len(lines) >= 2
    assert all(line.startswith(f"{tmp_path / 'own'}:1: breaks models/acme/Asagi-") for line in lines)


@pytest.mark.parametrize("name", ["model/acme/Asagi-7B.yaml", "x.yaml", "models/acme/Asagi-7B.yml", "models/x.yaml"])
def test_a_stray_file_is_a_problem(name: str, console: Any, write: Any, tmp_path: Any) -> None:
    write(f"own/{name}", "name: x\n")
    write(MODEL, "name: y\n")
    ran = console("recommend", *MACHINE, "--catalog", str(tmp_path / "own"))
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert ran.stderr == f"Error: own/{name}:1: lies where no record is read; see docs/adding-a-model.md\n"


def test_what_is_no_yaml_may_lie_beside_the_records(console: Any, write: Any, tmp_path: Any) -> None:
    write("own/README.md", "ours\n")
    write(MODEL, "name: y\n")
    assert console("recommend", *MACHINE, "--catalog", str(tmp_path / "own")).exit_code == 0


def test_a_folder_that_may_not_be_read(
    console: Any, write: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(MODEL, "name: y\n")
    closed, listdir = tmp_path / "own" / "models", os.listdir

    def refuse(folder: Any) -> list[str]:
        if str(folder) == str(closed):
            raise PermissionError(13, "Permission denied", str(closed))
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", refuse)
    ran = console("recommend", *MACHINE, "--catalog", str(tmp_path / "own"))
    assert (ran.exit_code, ran.stdout) == (3, "")
    assert str(closed) in ran.stderr
    assert "Permission denied" in ran.stderr


def test_no_more_than_fifty_problems_of_a_file_are_told(console: Any, write: Any, tmp_path: Any) -> None:
    write(MODEL, "".join(f"key{number}: x\n" for number in range(70)))
    ran = console("recommend", "--catalog", str(tmp_path / "own"))
    lines = ran.stderr.splitlines()
    assert len(lines) == 51
    assert lines[-1].endswith(": and 20 problems more")


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_an_empty_file_states_nothing(text: str, console: Any, write: Any, tmp_path: Any) -> None:
    write(MODEL, text)
    assert console("recommend", *MACHINE, "--catalog", str(tmp_path / "own")).exit_code == 0


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
def test_deep_nesting_in_an_overlay(opening: str, process: Any, write: Any, tmp_path: Any) -> None:
    write(MODEL, "notes: " + opening * 100_000)
    ran = process("recommend", "--catalog", str(tmp_path / "own"))
    assert (ran.exit_code, ran.stderr) == (3, f"Error: {MODEL}:1: nested more than 40 deep\n")


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
    assert f"{MODEL}:1: anchors and aliases are not accepted" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
