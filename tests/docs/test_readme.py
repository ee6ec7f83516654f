"""The README shows what the program prints, and names only what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.cli.lazy import COMMANDS
from advisor.cli.main import run

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_session_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    session = README.split("```console\n$ ", 1)[1].split("```", 1)[0]
    command, shown = session.split("\n", 1)
    assert run(command.removeprefix("advisor ").split()) == 0
    assert shown == capsys.readouterr().out, "the README's first session is out of date; run: make docs"


def test_every_command_of_the_readme_exists() -> None:
    named = {match[1] for match in re.finditer(r"^advisor (\w+)", README, re.MULTILINE)}
    assert named
    assert named <= set(COMMANDS)
