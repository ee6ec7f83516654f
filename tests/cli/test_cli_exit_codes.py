"""Exit codes, and the same answer whatever order, seed or file it comes by (CONTRACT.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest


def test_hash_seeds_and_the_order_of_folders_do_not_matter(console: Any, process: Any) -> None:
    needs = ("recommend", "--lang", "ja", "--lang", "zh", "--ram", "16GiB", "--format", "json")
    here = console(*needs)
    assert [process(*needs, PYTHONHASHSEED=seed) for seed in ("0", "1", "4242")] == [here] * 3


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("recommend", "--hardware", "gpu-24gb"), 0),
        (("recommend", "--lang", "ko", "--hardware", "gpu-24gb"), 1),
        (("recommend", "--lang", "ko", "--hardware", "gpu-24gb", "--strict"), 1),
        (("explain", "asagi", "--hardware", "gpu-24gb"), 0),
        (("explain", "midori-3b", "--hardware", "gpu-24gb"), 1),
        (("explain", "flagship", "--hardware", "gpu-24gb"), 1),
        (("compare", "asagi", "flagship", "--hardware", "gpu-24gb"), 0),
        (("compare", "flagship", "embed", "--hardware", "gpu-24gb"), 1),
        (("hardware", "--ram", "16GiB"), 0),
        (("hardware", "--ram", "1MiB"), 1),
        (("hardware", "--for", "flagship", "--ram", "1GiB"), 1),
        (("catalog", "list"), 0),
        (("catalog", "lint"), 0),
        ((), 0),
        (("catalog",), 2),
        (("--version",), 0),
        (("recommend", "--help"), 0),
        (("explain", "nothing like it"), 2),
        (("catalog", "show", "nothing like it"), 2),
        (("catalog", "schema", "nothing like it"), 2),
        (("catalog", "lint", "no such folder"), 2),
        (("catalog", "list", "-o", "no such folder/list"), 4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_exit_codes(arguments: tuple[str, ...], exit_code: int, console: Any) -> None:
    ran = console(*arguments)
    assert ran.exit_code == exit_code
    assert "Traceback" not in ran.stderr
    assert bool(ran.stderr) == (exit_code > 1 or arguments == ("catalog", "lint"))


def test_a_no_is_still_a_document(console: Any) -> None:
    ran = console("recommend", "--lang", "ko", "--strict", "--ram", "1GiB", "--format", "json")
    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["summary"]["pass"] == 0


def test_requirements_files_give_what_options_give(console: Any, write: Any) -> None:
    file = write(
        "needs.yaml",
        "schema: advisor.requirements/1\nlang: [ja, en]\ntask: [chat]\nram: 16GiB\ncontext: 4k\nprefer: {speed: 0.5}\n"
        "max_parameters: 14B\nmonthly_users: 100\non_prem: true\n",
    )
    options = (
        "--lang",
        "ja",
        "--lang",
        "en",
        "--task",
        "chat",
        "--ram",
        "16GiB",
        "--context",
        "4k",
        "--prefer",
        "speed=0.5",
        "--max-parameters",
        "14B",
        "--monthly-users",
        "100",
        "--on-prem",
    )
    written = console("recommend", "-r", str(file), "--format", "json")
    assert written == console("recommend", *options, "--format", "json")
    beside = json.loads(console("recommend", "-r", str(file), "--lang", "zh", "--format", "json").stdout)
    assert beside["requirements"]["lang"] == ["zh"]
    assert beside["requirements"]["max_parameters"] == 14 * 10**9
