"""Requirements files that are wrong: every problem with its line, whatever was done to the file."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import pytest

MACHINE = ("--ram", "16GiB")
FILES = [
    pytest.param("lang: [ja\ntask: x", ["2: did not find expected"], id="malformed"),
    pytest.param("lang: [ja]\nlang: [en]\n", ["2: key 'lang' stands twice"], id="duplicate key"),
    pytest.param(
        "lang: [jp]\n\ntask: [foo]\nterritory: [UK]\nvram: '24'\n",
        ["1: lang: unknown language tag 'jp'", "3: task: unknown", "4: territory: unknown", "5: vram: '24' is not"],
        id="wrong values",
    ),
    pytest.param(
        "lang: ja\ncontext: [1]\nstrict: maybe\nlangg: x\nram: 24\nconcurrency: 1.5\n",
        [
            "1: lang: expected a list, got text",
            "2: context: expected a whole number or text, got a list",
            "3: strict: expected true or false, got text",
            "4: langg: unknown key 'langg'; did you mean 'lang'?",
            "5: ram: expected text, got a whole number",
            "6: concurrency: expected a whole number, got a number",
        ],
        id="wrong types",
    ),
    pytest.param("- lang\n", ["1: "], id="a list"),
    pytest.param("just words\n", ["1: "], id="words"),
    pytest.param("schema: advisor.requirements/9\n", ["1: schema: "], id="another schema"),
    pytest.param("a: 1\n---\nb: 2\n", ["2: but found another document"], id="two documents"),
    pytest.param("use: *nothing\n", ["1: anchors and aliases are not accepted"], id="undefined alias"),
    pytest.param("use: !!python/object:os.system x\n", ["1: tags are not accepted"], id="Python object"),
    pytest.param("lang: &a [*a]\n", ["1: anchors and aliases are not accepted"], id="a list in itself"),
    pytest.param("? [a]\n: b\n", ["1: keys must be plain text"], id="a list as key"),
    pytest.param("use: \x07\n", ["1: "], id="control characters"),
    pytest.param("concurrency: 0\n", ["1: concurrency: 0 must be above zero"], id="zero"),
    pytest.param("prefer: {speed: 1, sped: 2}\n", ["1: prefer: unknown criterion 'sped'"], id="unknown criterion"),
    pytest.param("strict: yes\n", ["1: strict: expected true or false"], id="a word for true"),
    pytest.param("as_of: 2026-02-31\n", ["1: as_of: '2026-02-31' is not a day"], id="31 February"),
    pytest.param("context: 1.5\n", ["1: context: expected a whole number or text"], id="a fraction"),
    pytest.param('\ncontext: 1.5"\n', ["2: context: '1.5\"' is not a number"], id="inches"),
    pytest.param("strict: !!bool maybe\n", ["1: tags are not accepted"], id="tagged truth value"),
    pytest.param("prefer: !!map [1]\n", ["1: tags are not accepted"], id="tagged mapping"),
    pytest.param("context: !!int ''\n", ["1: tags are not accepted"], id="tagged number"),
    pytest.param("origin: [JP]\n\nexclude_origin: [JP]\n", ["contradict each other: both name JP"], id="contradiction"),
]


@pytest.mark.parametrize(("text", "told"), FILES)
def test_requirements_files_that_are_wrong(text: str, told: list[str], console: Any, write: Any) -> None:
    file = write("needs.yaml", text)
    ran = console("recommend", *MACHINE, "-r", str(file))
    assert (ran.exit_code, ran.stdout) == (2, "")
    lines = ran.stderr.removeprefix("Error: ").splitlines()
    assert len(lines) == len(told)
    for line, start in zip(lines, told, strict=True):
        assert line.removeprefix(f"{file}:").startswith(start) or start in line


@pytest.mark.parametrize(
    ("text", "beside", "told"),
    [
        ("origin: [JP]\n\nexclude_origin: [JP]\n", (), "<file>:1: origin and <file>:3: exclude_origin"),
        ("exclude_origin: [JP]\n", ("--origin", "JP"), "--origin and <file>:1: exclude_origin"),
        ("\nconcurrency: 9\n", ("--monthly-users", "3"), "<file>:2: concurrency and --monthly-users"),
        ("publisher: [acme]\nprivacy: restricted\n", (), "<file>:2: privacy and <file>:1: publisher"),
    ],
)
def test_contradictions_name_the_file_or_the_option(
    text: str, beside: tuple[str, ...], told: str, console: Any, write: Any
) -> None:
    file = write("needs.yaml", text)
    ran = console("recommend", "-r", str(file), *beside)
    assert ran.exit_code == 2
    assert ran.stderr.replace(str(file), "<file>").startswith(f"Error: {told} contradict each other: ")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"lang: [ja]\nuse: \xff\xfe\n", "is not UTF-8 text"), (b"\xff\xfel\x00", "is not UTF-8 text")],
)
def test_requirements_that_are_not_utf8(content: bytes, told: str, console: Any, write: Any) -> None:
    ran = console("recommend", "-r", str(write("needs.yaml", content)))
    assert ran.exit_code == 2
    assert told in ran.stderr


def test_requirements_that_cannot_be_read(console: Any, tmp_path: Any) -> None:
    for path, told in ((tmp_path / "none.yaml", "No such file"), (tmp_path, "Is a directory")):
        ran = console("recommend", "-r", str(path))
        assert ran.exit_code == 2
        assert ran.stderr.startswith(f"Error: {path}: cannot be read: {told}")


@pytest.mark.parametrize("text", ["", "# nothing asked\n", "---\n", "schema: advisor.requirements/1\n"])
def test_an_empty_file_asks_for_nothing(text: str, console: Any, write: Any) -> None:
    ran = console("recommend", *MACHINE, "-r", str(write("needs.yaml", text)))
    assert ran.stdout == console("recommend", *MACHINE).stdout
    assert ran.exit_code == 0


def _laughs(key: str) -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    names = "abcdefghij"
    for below, name in itertools.pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]")
    return "\n".join([*lines, f"{key}: *j", ""])


@pytest.mark.parametrize("key", ["lang", "prefer", "context"])
def test_a_billion_laughs(key: str, process: Any, write: Any) -> None:
    ran = process("recommend", "-r", str(write("needs.yaml", _laughs(key))))
    assert ran.exit_code == 2
    assert ran.stderr.endswith("needs.yaml:1: anchors and aliases are not accepted\n")


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")], ids=["lists", "mappings", "blocks"]
)
@pytest.mark.parametrize(
    "depth",
    [
        500,
        100_000,
    ],
)
def test_deep_nesting(depth: int, opening: str, closing: str, process: Any, write: Any) -> None:
    text = opening * depth + "x" + closing * depth
    ran = process("recommend", "-r", str(write("needs.yaml", text if opening == "- " else f"lang: {text}\n")))
    assert ran.exit_code == 2
    assert "needs.yaml:1: nested more than 40 deep" in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="devices of POSIX")
@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("recommend", "-r", "/dev/zero"), 2),
        (("ask", "--answers", "/dev/zero"), 2),
        (("recommend", "--policy", "/dev/zero"), 3),
        (("smoke", "--ratings", "/dev/zero"), 4),
        (("smoke", "--compare", "/dev/zero", "/dev/zero"), 4),
    ],
)
def test_what_never_ends_is_not_read_to_its_end(arguments: tuple[str, ...], exit_code: int, console: Any) -> None:
    ran = console(*arguments, shipped=True)
    assert (ran.exit_code, ran.stdout) == (exit_code, "")
    assert "cannot be read: File too large" in ran.stderr


@pytest.mark.parametrize("arguments", [("--ratings", "none.csv"), ("--compare", "none.json", "none.json")])
def test_a_sheet_or_result_that_is_not_there(arguments: tuple[str, ...], console: Any) -> None:
    ran = console("smoke", *arguments)
    assert (ran.exit_code, ran.stderr) == (2, f"Error: there is no file {arguments[1]}\n")
