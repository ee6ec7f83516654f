"""Letters that a terminal does not know, and names that are no text."""

from __future__ import annotations

import codecs
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells, pipes, signals and terminals")
NEEDS = ("recommend", "--lang", "ja", "--ram", "16GiB")
LINE = " ".join(NEEDS)


ENCODINGS = [
    ({"PYTHONIOENCODING": "ascii"}, "ascii"),
    ({"PYTHONIOENCODING": "cp932"}, "cp932"),
    ({"PYTHONIOENCODING": "cp1252"}, "cp1252"),
    ({"PYTHONIOENCODING": "utf-16"}, "utf-16"),
    ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "ascii"),
]


@pytest.mark.parametrize(("surroundings", "encoding"), ENCODINGS)
@pytest.mark.parametrize("command", [LINE, "explain asagi --lang ja --ram 16GiB", "explain 翠"])
def test_terminals_that_do_not_know_every_letter(
    command: str, surroundings: dict[str, str], encoding: str, process: Any
) -> None:
    done = subprocess.run(
        process.command(*command.split()),
        env=process.environment(surroundings),
        cwd=process.house,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == (2 if "翠" in command else 0)
    assert b"Traceback" not in done.stderr
    assert codecs.decode(done.stdout + done.stderr, encoding)


@pytest.mark.parametrize("form", ["json", "csv", "markdown"])
@pytest.mark.parametrize(("surroundings", "encoding"), ENCODINGS)
def test_documents_are_utf8_whatever_the_terminal(
    form: str, surroundings: dict[str, str], encoding: str, process: Any, console: Any
) -> None:
    done = subprocess.run(
        process.command(*NEEDS, "--format", form),
        env=process.environment(surroundings),
        cwd=process.house,
        capture_output=True,
        timeout=60,
    )
    assert done.stdout == console(*NEEDS, "--format", form).stdout.encode()


def test_a_file_is_utf8_whatever_the_terminal(process: Any, console: Any, tmp_path: Path) -> None:
    process(*NEEDS, "--format", "json", "-o", str(tmp_path / "out.json"), PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (tmp_path / "out.json").read_bytes() == console(*NEEDS, "--format", "json").stdout.encode()
    assert "研究所" in (tmp_path / "out.json").read_text(encoding="utf-8")


def test_an_overlay_in_a_folder_whose_name_is_no_text(process: Any, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/own\xff"
    os.makedirs(folder + b"/models/acme")
    with open(folder + b"/models/acme/Asagi-7B.yaml", "w", encoding="utf-8") as file:
        file.write("name: Ours\n")
    line = [*process.command("catalog", "show", "asagi-7b", "--format", "json", "--catalog"), folder]
    done = subprocess.run(line, env=process.environment({}), cwd=process.house, capture_output=True, timeout=60)
    assert done.returncode == 0


def test_words_that_are_no_text(process: Any) -> None:
    done = subprocess.run(
        [*process.command("explain"), b"\xff\xfe"],
        env=process.environment({}),
        cwd=process.house,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"Error: unknown model '")


@pytest.mark.parametrize("form", ["table", "json", "markdown", "csv"])
@pytest.mark.parametrize("to", [(), ("-o", "out")])
def test_a_file_whose_name_is_no_text(form: str, to: tuple[str, ...], process: Any, tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.gguf", "wb") as file:
        file.write(b"GGUF")
    done = subprocess.run(
        [*process.command("inspect", "--format", form, *to), b"\xff.gguf"],
        env=process.environment({"PYTHONIOENCODING": "utf-8"}),
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert b".gguf" in ((tmp_path / "out").read_bytes() if to else done.stdout)


def test_a_folder_whose_name_is_no_text_stands_in_no_lock(process: Any, tmp_path: Path) -> None:
    line = [*process.command("pull", "asagi", "--to"), os.fsencode(tmp_path) + b"/\xff"]
    done = subprocess.run(line, env=process.environment({}), cwd=process.house, capture_output=True, timeout=60)
    assert done.returncode == 2
    assert b"name is no text" in done.stderr
