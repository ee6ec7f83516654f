"""Smaller promises about documents: one object, a schema for each, options that can be typed, numbers in CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from typing import Any

import pytest

ON_GPU = ("--lang", "ja", "--hardware", "gpu-24gb")


@pytest.mark.parametrize(
    "arguments",
    [
        ("recommend", *ON_GPU),
        ("explain", "asagi", *ON_GPU),
        ("compare", "asagi", "embed", *ON_GPU),
        ("hardware", "--ram", "8GiB"),
        ("catalog", "list"),
        ("catalog", "show", "asagi"),
        ("catalog", "list", "--articles"),
        ("inspect", __file__),
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_every_json_document_is_an_object_that_begins_with_its_schema(arguments: tuple[str, ...], console: Any) -> None:
    document = json.loads(console(*arguments, "--format", "json").stdout)
    assert isinstance(document, dict)
    assert next(iter(document)) == "schema"


def test_every_document_has_a_schema_of_its_name(console: Any) -> None:
    names = console("catalog", "schema").stdout.split()
    assert {
        "recommendation",
        "explanation",
        "comparison",
        "catalog",
        "systems",
        "record",
        "hardware",
        "inspection",
    } <= set(names)
    for name in names:
        assert json.loads(console("catalog", "schema", name).stdout)["$schema"].startswith("https://json-schema.org/")


def test_the_systems_of_the_articles(console: Any) -> None:
    document = json.loads(console("catalog", "list", "--articles", "--format", "json").stdout)
    assert document["schema"] == "advisor.systems/1"
    assert document["systems"]
    for system in document["systems"]:
        assert set(system) >= {"subject", "name", "places"}
        assert all(place.startswith("900#") for place in system["places"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("recommend", *ON_GPU),
        ("recommend", "--lang", "ko", "--ram", "16GiB", "--license", "MIT"),
        (
            "recommend",
            "--ram",
            "1GiB",
            "--context",
            "16k",
            "--concurrency",
            "2",
            "--use",
            "customer-facing",
            "--strict",
        ),
        ("recommend", "--ram", "16GiB", "--territory", "SG", "--exclude-origin", "CN", "--prefer", "speed=2"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_the_next_command_can_be_typed_and_asks_the_same(arguments: tuple[str, ...], console: Any) -> None:
    first = json.loads(console(*arguments, "--format", "json").stdout)
    shown = console(*arguments, COLUMNS="500").stdout
    line = next(line for line in shown.splitlines() if line.startswith("Next: advisor "))
    again = console(*shlex.split(line.removeprefix("Next: advisor ")), "--format", "json")
    assert again.exit_code in (0, 1)
    document = json.loads(again.stdout)
    assert document["requirements"] == first["requirements"]
    assert document["machine"] == first["machine"]


def test_the_next_command_names_the_folders_laid_over(console: Any, tmp_path: Any) -> None:
    record = tmp_path / "our own" / "models" / "acme" / "Asagi-7B.yaml"
    record.parent.mkdir(parents=True)
    record.write_text("name: Ours\n", encoding="utf-8")
    shown = console("recommend", *ON_GPU, "--catalog", str(tmp_path / "our own"), COLUMNS="500").stdout
    line = next(line for line in shown.splitlines() if line.startswith("Next: advisor explain "))
    assert shlex.split(line)[-2:] == ["--catalog", str(tmp_path / "our own")]


def test_a_status_says_whose_word_it_is(console: Any, tmp_path: Any) -> None:
    record = tmp_path / "models" / "acme" / "Asagi-7B.yaml"
    record.parent.mkdir(parents=True)
    source = '{ref: https://example.org/decision, accessed: "2026-01-15", kind: documentation}'
    record.write_text(f"availability: {{weights: open, status: retired, sources: [{source}]}}\n", encoding="utf-8")
    theirs, ours = (
        json.loads(console("explain", "acme/Asagi-7B", *laid_over, "--format", "json").stdout)["candidate"]["findings"]
        for laid_over in ((), ("--catalog", str(tmp_path)))
    )
    assert theirs[0]["reason"] == "the maker lists it as active"
    assert (ours[0]["verdict"], ours[0]["reason"]) == ("fail", "your own records list it as retired")


def test_relaxations_can_be_typed(console: Any) -> None:
    shown = console("recommend", "--lang", "ko", "--ram", "16GiB", "--license", "MIT", COLUMNS="500").stdout
    assert "What would change it: " in shown
    assert "--license MIT --license Apache-2.0" in shown or "--license Apache-2.0 --license MIT" in shown


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [
        (("recommend", *ON_GPU), ("rank", "score", "size_bytes", "memory_bytes", "decode_tokens_per_second")),
        (("catalog", "list"), ("parameters_total", "parameters_active", "context_length")),
    ],
    ids=["recommend", "catalog list"],
)
def test_numbers_in_csv_are_numbers(arguments: tuple[str, ...], columns: tuple[str, ...], console: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(console(*arguments, "--format", "csv").stdout)))
    for column in columns:
        numbers = [row[column] for row in rows if row[column]]
        assert numbers
        assert all(number.replace(".", "", 1).isdecimal() for number in numbers)


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        *((("catalog", "show", "asagi-7b"), form) for form in ("table", "json", "markdown", "csv")),
        (("catalog", "list"), "json"),
        pytest.param(
            ("catalog", "list"), "csv",
        ),
    ],
)  # fmt: skip
def test_truth_is_written_small(arguments: tuple[str, ...], form: str, console: Any) -> None:
    words = set(re.findall(r"\w+", console(*arguments, "--format", form).stdout))
    assert {"true", "false"} & words
    assert not {"True", "False"} & words


def test_csv_has_a_row_for_every_model(console: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(console("recommend", *ON_GPU, "--format", "csv").stdout)))
    document = json.loads(console("recommend", *ON_GPU, "--format", "json").stdout)
    assert [row["id"] for row in rows] == [c["id"] for c in document["candidates"]]
    for row, candidate in zip(rows, document["candidates"], strict=True):
        assert row["verdict"] == candidate["verdict"]
        failed = [f["rule"] for f in candidate["findings"] if f["verdict"] == "fail"]
        assert row["failed_rules"].split() == failed


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_top_limits_what_people_see(form: str, console: Any) -> None:
    shown = [console("recommend", *ON_GPU, "--top", top, "--format", form).stdout for top in ("1", "2", "99")]
    assert ["Boreal 14B" in text.split("is first")[0] for text in shown] == [False, False, True]


def test_evidence_for_many_languages_has_a_table_with_a_column_each(console: Any) -> None:
    asked = [word for tag in ("ja", "en", "fr") for word in ("--lang", tag)]
    shown = console("recommend", *asked, "--hardware", "gpu-24gb").stdout
    tables = shown.split("\n\n")
    assert "evidence" not in tables[0]
    assert re.match(r" *#  evidence +ja +en +fr\n", tables[1])
    assert all(len(line) <= 100 for line in shown.splitlines())
    two = console("recommend", *asked[:4], "--hardware", "gpu-24gb").stdout
    assert "ja en evidence" in two.splitlines()[0]


def test_marks_are_explained_where_they_stand(console: Any) -> None:
    shown = console("recommend", *ON_GPU).stdout
    assert "Marks: ? not decided" in shown
    assert "Passed 2 of 8." in shown
    first = console("recommend", *ON_GPU, "--top", "1").stdout
    assert "Marks:" not in first
    assert "Passed 2 of 8; the first is shown (--top N shows more)." in first


def test_a_narrow_list_cuts_no_figure(console: Any) -> None:
    shown = console("recommend", *ON_GPU, COLUMNS="30").stdout
    names = [line for line in shown.splitlines() if re.match(r" +\d+\??\. ", line)]
    assert names
    assert all(re.search(r"(^| )score \d\.\d\d$", line) for line in shown.splitlines() if "score" in line)
    assert shown.count("score ") >= len(names)


def test_figures_and_ids_in_the_list_of_models_stand_whole(console: Any) -> None:
    lines = console("catalog", "list", shipped=True).stdout.splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert "1,048,576" in "\n".join(lines)
    assert not [line for line in lines if re.search(r",\d*…", line)]


def test_sources_that_read_alike_have_one_number_and_all_are_listed_once(console: Any) -> None:
    for form in ("table", "markdown"):
        shown = console("explain", "gemma-3-27b-it", shipped=True, COLUMNS="400").stdout.replace("\\", "")
        listed = re.findall(r"^(?:- )?\[(\d+)\] +(.*)$", shown.split("Sources:\n")[1], re.MULTILINE)
        assert [int(number) for number, _ in listed] == list(range(1, len(listed) + 1)), form
        assert len({text for _, text in listed}) == len(listed), form


def test_a_hyphen_is_standard_output(console: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = console("recommend", *ON_GPU, "-o", "-")
    assert (ran.stdout, ran.stderr) == (console("recommend", *ON_GPU).stdout, "")
    assert list(tmp_path.iterdir()) == []


def test_a_model_and_whether_this_machine_holds_it(console: Any) -> None:
    assert re.search(r"^holds it +yes, as ", console("hardware", "--for", "asagi", "--ram", "64GiB").stdout, re.M)
    assert re.search(r"^holds it +no$", console("hardware", "--for", "asagi", "--ram", "1GiB").stdout, re.MULTILINE)
    nowhere = console("hardware", "--for", "asagi", "--ram", "1GiB", "--concurrency", "9999").stdout
    assert re.search(r"No profile of the catalog holds it: it needs [\d,]+ GiB at least, as Q\w+\.", nowhere)


@pytest.mark.parametrize("width", [30, 59, 60, 80, 100])
def test_no_reason_of_a_score_is_cut(width: int, console: Any) -> None:
    asked = [word for tag in ("ja", "en", "fr", "ko") for word in ("--lang", tag)]
    shown = console("explain", "asagi", *asked, "--hardware", "gpu-24gb", COLUMNS=str(width)).stdout
    assert "…" not in shown
    (part,) = (s for s in json.loads(console("explain", "asagi", *asked, "--hardware", "gpu-24gb", "--format", "json")
                                     .stdout)["candidate"]["scores"] if s["criterion"] == "language")  # fmt: skip
    assert "".join(part["basis"].split()) in "".join(shown.split())


def test_restricted_data_says_whose_file_it_asks_for(console: Any) -> None:
    ran = console("explain", "gemma-4-26b-a4b-it", "--privacy", "restricted", "--vram", "48GB", shipped=True)
    said = " ".join(ran.stdout.split())
    assert "restricted data asks for the maker's own file, or a policy that names the uploader" in said
    assert "another country and data less private are never among those tried." in said


def test_nothing_is_said_of_what_fits_a_machine_that_nobody_knows(console: Any) -> None:
    ran = console("hardware", "--hardware", "unknown")
    assert (ran.exit_code, "What fits is not known: say what the machine has" in ran.stdout) == (1, True)
    assert "Nothing of the catalog fits." in console("hardware", "--ram", "1MiB").stdout


def test_a_score_that_is_not_compared_stands_in_brackets(console: Any) -> None:
    shown = console("recommend", "--origin", "JP", "--lang", "ja", "--vram", "24GB", shipped=True).stdout
    assert re.search(r"  \(0\.\d+\) measured  ", shown)
    assert "(in brackets) another benchmark than the one that ranks, so not compared" in " ".join(shown.split())
    ran = console("recommend", "--origin", "JP", "--lang", "ja", "--vram", "24GB", "--top", "1", shipped=True)
    assert "in brackets" not in ran.stdout
