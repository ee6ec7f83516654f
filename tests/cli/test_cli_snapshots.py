"""What every command shows, whole: exit code, both streams and files, on the small catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.render.columns import width_of

FORMATS = ("table", "json", "markdown", "csv")
ON_GPU = ("--lang", "ja", "--hardware", "gpu-24gb")
MODELS = {
    "pass": "acme/Asagi-7B",
    "inherited": "acme/Asagi-2B",
    "fail": "borealis/Boreal-80B-A3B",
    "unknown": "borealis/Boreal-14B",
    "closed": "caldera/flagship-1",
}
COMMANDS = {
    "catalog list": ("catalog", "list"),
    "catalog list --articles": ("catalog", "list", "--articles"),
    "catalog show model": ("catalog", "show", "asagi"),
    "catalog show licence": ("catalog", "show", "LicenseRef-example-community"),
    "catalog show safety": ("catalog", "show", "example-hijack"),
    "catalog coverage": ("catalog", "coverage"),
    "catalog diff": ("catalog", "diff", str(Path(__file__).parent / "catalog"), str(Path(__file__).parent / "catalog")),
    "hardware profile": ("hardware", "--hardware", "gpu-24gb"),
    "hardware unified": ("hardware", "--hardware", "unified-64gb", "--concurrency", "4"),
    "hardware --for": ("hardware", "--hardware", "gpu-24gb", "--for", "Boreal-14B"),
    "hardware --for closed": ("hardware", "--hardware", "gpu-24gb", "--for", "flagship"),
    "compare": ("compare", "asagi", "boreal-14b", "flagship", *ON_GPU),
}
NOTHING_PASSES = ("recommend", "--lang", "ko", "--ram", "16GiB", "--license", "MIT")


@pytest.mark.parametrize("form", FORMATS)
def test_recommend_in_every_format(
    form: str, console: Any, picture: Callable[..., dict[str, Any]], snapshot: SnapshotAssertion
) -> None:
    assert picture(console("recommend", *ON_GPU, "--format", form)) == snapshot


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("verdict", MODELS)
def test_explain_of_every_verdict(
    verdict: str, form: str, console: Any, picture: Callable[..., dict[str, Any]], snapshot: SnapshotAssertion
) -> None:
    if form == "json":
        ran = console("explain", MODELS[verdict], *ON_GPU, "--format", form)
        assert json.loads(ran.stdout)["candidate"]["id"] == MODELS[verdict]
        assert ran.exit_code == (0 if verdict in ("pass", "inherited") else 1)
        return
    assert picture(console("explain", MODELS[verdict], *ON_GPU, "--format", form)) == snapshot


@pytest.mark.parametrize("form", ("table", "markdown", "csv"))
@pytest.mark.parametrize("name", COMMANDS)
def test_other_commands(
    name: str, form: str, console: Any, picture: Callable[..., dict[str, Any]], snapshot: SnapshotAssertion
) -> None:
    assert picture(console(*COMMANDS[name], "--format", form)) == snapshot


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--help",),
        ("--version",),
        ("recommend", "--help"),
        ("explain", "--help"),
        ("compare", "--help"),
        ("hardware", "--help"),
        ("catalog", "--help"),
        ("catalog",),
        ("catalog", "lint", "--help"),
        ("catalog", "coverage", "--help"),
        ("catalog", "diff", "--help"),
        ("catalog", "schema"),
        ("catalog", "lint"),
        ("catalog", "sources", "--articles", str(Path(__file__).parent / "seeds")),
        NOTHING_PASSES,
        ("recommend", "--lang", "ja", "--ram", "16GiB", "--as-of", "2028-01-01"),
        ("explain", "asagi", "--lang", "ja", "--ram", "16GiB", "--as-of", "2028-01-01", "--fresh"),
        ("recommend", "--lang", "ja", "--ram", "16GiB", "--top", "1"),
        ("recommend", "--lang", "ja", "--lang", "zh", "--ram", "16GiB", "--vram", "8GiB"),
    ],
    ids=lambda a: " ".join(Path(part).name for part in a) or "nothing",
)
def test_words_of_the_program(
    arguments: tuple[str, ...], console: Any, picture: Callable[..., dict[str, Any]], snapshot: SnapshotAssertion
) -> None:
    told = picture(console(*arguments, COLUMNS="80"))
    told["stderr"] = told["stderr"].replace(str(Path(__file__).parent), "<checkout>")
    assert told == snapshot


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_holds_what_stdout_would(
    form: str, console: Any, picture: Callable[..., dict[str, Any]], tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    shown = console("catalog", "list", "--format", form)
    target = tmp_path / f"list.{form}"
    ran = console("catalog", "list", "--format", form, "-o", str(target))
    assert target.read_bytes().decode() == shown.stdout
    assert ran.stdout == ""
    assert picture(ran, tmp_path)["stderr"] == snapshot
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize(
    "arguments",
    [("recommend", *ON_GPU), ("explain", "flagship", *ON_GPU), ("catalog", "list", "--format", "json"), ("recomend",)],
    ids=lambda a: a[0],
)
def test_a_process_of_its_own_says_the_same(arguments: tuple[str, ...], console: Any, process: Any) -> None:
    assert process(*arguments) == console(*arguments)


WIDE = {
    "recommend": ("recommend", *ON_GPU),
    "nothing passes": NOTHING_PASSES,
    "explain pass": ("explain", MODELS["pass"], *ON_GPU),
    "explain inherited": ("explain", MODELS["inherited"], *ON_GPU),
    "explain unknown": ("explain", MODELS["unknown"], *ON_GPU),
    "explain closed": ("explain", MODELS["closed"], *ON_GPU),
    "compare two": ("compare", "asagi", "boreal-14b", *ON_GPU),
    **COMMANDS,
}


def too_wide(text: str, width: int) -> list[str]:
    """Return the lines beyond `width` cells, but those that hold one id or address that cannot be broken."""
    lines = [line for line in text.splitlines() if width_of(line) > width]
    return [line for line in lines if not re.fullmatch(r"\s*(\S{1,10}\s+)?[!-~]{25,}", line)]


WIDTHS = (100, 80, 60, 40)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", WIDE)
def test_no_line_is_wider_than_asked(name: str, width: int, console: Any) -> None:
    assert too_wide(console(*WIDE[name], COLUMNS=str(width)).stdout, width) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_narrow_recommendations(width: int, console: Any, snapshot: SnapshotAssertion) -> None:
    assert console("recommend", *ON_GPU, COLUMNS=str(width)).stdout == snapshot


def test_ids_are_whole_however_narrow(console: Any) -> None:
    shown = console("hardware", "--ram", "1GiB", "--for", "asagi-2b", COLUMNS="40").stdout
    assert "desktop-16gb" in shown


def test_a_comparison_loses_no_words(console: Any) -> None:
    shown = [console("compare", "asagi", "boreal-14b", *ON_GPU, COLUMNS=str(w)).stdout for w in (120, *WIDTHS)]
    assert [text for text in shown if "…" in text] == []


@pytest.mark.parametrize(
    ("columns", "widest"),
    [("1", 30), ("0", 100), ("-4", 100), ("abc", 100), ("", 100)],
)
def test_a_senseless_width_still_shows(columns: str, widest: int, console: Any) -> None:
    ran = console("recommend", "--hardware", "gpu-24gb", COLUMNS=columns)
    assert ran.exit_code == 0
    assert 0.7 * widest < max(len(line) for line in ran.stdout.splitlines()) <= widest
