"""Smaller promises about documents: one object, a schema for each, options that can be typed, numbers in CSV."""

from __future__ import annotations

import csv
import io
import json
import shlex
from typing import Any

import pytest

ON_GPU = ("--lang", "ja", "--hardware", "gpu-24gb")


def wrong(reason: str) -> pytest.MarkDecorator:
    """Mark what the program does not do yet, and should."""
    return pytest.mark.xfail(strict=True, reason=reason)


@pytest.mark.parametrize(
    "arguments",
    [
        ("recommend", *ON_GPU),
        ("explain", "asagi", *ON_GPU),
        ("compare", "asagi", "embed", *ON_GPU),
        ("hardware", "--ram", "8GiB"),
        ("catalog", "list"),
        ("catalog", "show", "asagi"),
        pytest.param(
            ("catalog", "list", "--articles"), marks=wrong("the document is an array: the contract says one object")
        ),
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_every_json_document_is_an_object_that_begins_with_its_schema(arguments: tuple[str, ...], console: Any) -> None:
    document = json.loads(console(*arguments, "--format", "json").stdout)
    assert isinstance(document, dict)
    assert next(iter(document)) == "schema"


@wrong("`catalog show` writes advisor.record/1, which no `catalog schema NAME` describes")
def test_records_have_a_schema(console: Any) -> None:
    assert "record" in console("catalog", "schema").stdout.split()


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


@wrong("`with --license MIT Apache-2.0` is no option as one would type it: two values, one --license")
def test_relaxations_can_be_typed(console: Any) -> None:
    shown = console("recommend", "--lang", "ko", "--ram", "16GiB", "--license", "MIT", COLUMNS="500").stdout
    assert "What would change it: " in shown
    assert "--license MIT --license Apache-2.0" in shown or "--license Apache-2.0 --license MIT" in shown


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [
        (("recommend", *ON_GPU), ("rank", "score", "size_bytes", "memory_bytes", "decode_tokens_per_second")),
        pytest.param(
            ("catalog", "list"),
            ("size", "context"),
            marks=wrong("CSV for machines says `7B` and `32,768`"),
        ),
    ],
    ids=["recommend", "catalog list"],
)
def test_numbers_in_csv_are_numbers(arguments: tuple[str, ...], columns: tuple[str, ...], console: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(console(*arguments, "--format", "csv").stdout)))
    for column in columns:
        numbers = [row[column] for row in rows if row[column]]
        assert numbers
        assert all(number.replace(".", "", 1).isdecimal() for number in numbers)


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
