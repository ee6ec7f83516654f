"""Whatever is wrong with the input: one message that says what, where and what to do, and the right exit code."""

from __future__ import annotations

from typing import Any

import pytest

MACHINE = ("--ram", "16GiB")
OPTIONS = [
    (("recommend", "--lang", "jp"), "unknown language tag 'jp'; did you mean ja (Japanese)?"),
    (("recommend", "--lang", "japanese"), "unknown language tag 'japanese'; did you mean ja (Japanese)?"),
    (("recommend", "--lang", "en_US"), "unknown language tag 'en_US'"),
    (("recommend", "--lang", ""), "Write BCP 47 tags like ja"),
    (("recommend", "--territory", "UK"), "unknown country 'UK'; did you mean GB (United Kingdom)?"),
    (("recommend", "--origin", "Japan"), "unknown country 'Japan'; did you mean JP (Japan)?"),
    (("recommend", "--seat", "XX"), "unknown country 'XX'"),
    (("recommend", "--ram", "24"), "'24' is not a size; write it like 24GB, 24GiB or 512MiB"),
    (("recommend", "--ram", "0GB"), "'0GB' is an impossible size"),
    (("recommend", "--ram=-3GB"), "'-3GB' is not a size"),
    (("recommend", "--vram", "9999999TB"), "'9999999TB' is an impossible size"),
    (("recommend", "--ram", "1e400GB"), "'1e400GB' is not a size"),
    (("recommend", "--context", "many"), "'many' is not a number"),
    (("recommend", "--context", "0"), "must be above zero"),
    (("recommend", "--concurrency", "-1"), "-1 must be above zero"),
    (
        ("recommend", "--context", "1000T"),
        "--context: 1,000,000,000,000,000 tokens for 1 user are more than any machine",
    ),
    (("recommend", "--concurrency", "1000000000"), "--concurrency: 8,192 tokens for 1,000,000,000 users are more than"),
    (("recommend", "--context", "1", "--concurrency", "1000000000"), "are more than any machine holds"),
    (("recommend", "--concurrency", "two"), "Invalid value for '--concurrency'"),
    (("recommend", "--min-speed", "nan"), "must be a number above zero"),
    (("recommend", "--min-speed", "inf"), "must be a number above zero"),
    (("recommend", "--max-parameters", "huge"), "'huge' is not a number"),
    (("recommend", "--min-quant", "Q4_K"), "did you mean Q4_K_M"),
    (("recommend", "--hardware", "gpu-24"), "did you mean gpu-24gb"),
    (("recommend", "--license", "Apache"), ""),
    (("recommend", "--license", "BSD"), "unknown license 'BSD'"),
    (("recommend", "--publisher", "acne"), "did you mean acme"),
    (("recommend", "--use", "commercial"), "one of: internal, customer-facing, redistribute, research"),
    (("recommend", "--task", "chatting"), "one of: chat, code"),
    (("recommend", "--privacy", "secret"), "one of: public, internal, confidential, restricted"),
    (("recommend", "--prefer", "speed"), "write CRITERION=WEIGHT"),
    (("recommend", "--prefer", "sped=1"), "unknown criterion 'sped'; one of: language"),
    (("recommend", "--prefer", "speed=-1"), "weight -1 must lie between 0 and 100"),
    (("recommend", "--prefer", "speed=nan"), "weight nan must lie between 0 and 100"),
    (("recommend", "--as-of", "nonsense"), "'nonsense' is not a day; write it like 2026-11-22"),
    (("recommend", "--as-of", "2026-13-01"), "is not a day"),
    (("recommend", "--as-of", "0001-01-01"), "'0001-01-01' is not a day of this century"),
    (("recommend", "--as-of", "9999-12-31"), "'9999-12-31' is not a day of this century"),
    (("hardware", "--measure", "--hardware", "gpu-24gb"), "--measure measures this machine"),
    (("hardware", "--measure", "--ram", "64GiB"), "--measure measures this machine"),
    (("hardware", "--measure", "--for", "asagi"), "--measure measures this machine"),
    (("inspect", __file__, "--ram", "24"), "'24' is not a size"),
    (("inspect", __file__, "--hardware", "gpu-24"), "did you mean gpu-24gb"),
    (("inspect", __file__, "--min-quant", "Q9"), "unknown quantization 'Q9'"),
    (("recommend", "--top", "0"), "Invalid value for '--top'"),
    (("recommend", "--format", "xml"), "'xml' is not one of 'table', 'json', 'markdown', 'csv'"),
    (("recommend", "--lan", "ja"), "'--lang'"),
    (("recommend", "extra"), "unexpected extra argument"),
    (("recommend", "--lang"), "Option '--lang' requires an argument"),
    (("recommend", "--origin", "JP", "--exclude-origin", "jp"), "contradict each other: both name JP"),
    (("recommend", "--privacy", "restricted", "--publisher", "acme"), "add 'official'"),
    (("recommend", "--concurrency", "9", "--monthly-users", "3"), "more at once than in a month"),
    (("recomend",), "unknown command 'recomend'. Did you mean recommend"),
    (("catalog", "shwo"), "Did you mean 'show'?"),
    (("catalog", "show", "asagy"), "Did you mean asagi"),
    (("catalog", "schema", "recomendation"), "Did you mean recommendation"),
    (("catalog", "schema", "zzz"), "Did you mean "),
    (("explain", "zzz"), "Did you mean "),
    (("recommend", "--context", "1.2345k"), "'1.2345k' must be a whole number"),
    (("recommend", "--max-parameters", "1001T"), "'1001T' is beyond everything that occurs"),
    (("recommend", "--ram", "0.0001KB"), "'0.0001KB' is an impossible size"),
    (("catalog", "sources"), "Missing option '--articles'"),
    (("catalog", "sources", "--articles", "no such folder"), "no such folder"),
    (("explain",), "Missing argument 'MODEL'"),
    (("compare",), "Missing argument"),
    (("compare", "asagi", "asagy"), "unknown model 'asagy'"),
    (("hardware", "--for", "asagy"), "unknown model 'asagy'"),
    (("inspect", ""), "name a GGUF file, or a model"),
    (("inspect", "m.gguf", "--quant", "Q8_0"), "only a model on the hub takes --quant; m.gguf is a file"),
    (("recommend", "--vram", "0GB"), "'0GB' is an impossible size; leave it out where there is none"),
]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [case for case in OPTIONS if case[1]],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_options_that_are_wrong(arguments: tuple[str, ...], told: str, console: Any) -> None:
    ran = console(*arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert told in ran.stderr
    assert ran.stderr.count("Error: ") == 1
    assert len(ran.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--concurrency", "0"),
        ("--monthly-users", "0"),
        ("--annual-revenue", "0"),
        ("--min-speed", "0"),
        ("--context", "1.5"),
        ("--as-of", "2026-02-31"),
        ("--as-of", "0000-01-01"),
        ("--ram", "9" * 400 + "GB"),
        ("--context", "9" * 400),
        ("--context", "9000000000000000000"),
        ("--concurrency", "9000000000000000000"),
        ("--min-speed", "-1"),
        ("--monthly-users", "-1"),
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_numbers_that_cannot_be(arguments: tuple[str, ...], console: Any) -> None:
    ran = console("recommend", *(() if "--ram" in arguments else MACHINE), *arguments)
    assert ran.exit_code == 2
    assert arguments[0] in ran.stderr


@pytest.mark.parametrize("command", ["explain", "hardware --for", "compare openai/gpt-oss-20b", "catalog show"])
def test_an_unknown_model_brings_the_three_nearest(command: str, console: Any) -> None:
    ran = console(*command.split(), "Qwen/Qwen3-15B", shipped=True)
    assert ran.exit_code == 2
    offered = ran.stderr.split("Did you mean ")[1].split("?")[0].split(", ")
    assert len(offered) == 3
    assert "Qwen/Qwen3-14B" in offered


def test_all_problems_are_told_at_once(console: Any) -> None:
    ran = console("recommend", "--lang", "jp", "--territory", "UK", "--ram", "3", "--use", "x", "--as-of", "y")
    assert ran.exit_code == 2
    assert [line.removeprefix("Error: ").split(":")[0] for line in ran.stderr.splitlines()] == [
        "--lang",
        "--use",
        "--territory",
        "--ram",
        "--as-of",
    ]
