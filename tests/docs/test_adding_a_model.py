"""`docs/adding-a-model.md`: the template lints clean in its place, the overlay does what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.catalog import schema
from advisor.catalog.load import load
from advisor.curation.lint import lint

from .generate import DOCS, ROOT

PAGE = (DOCS / "adding-a-model.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```yaml\n# (?P<place>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def _put(folder: Path, prefix: str) -> list[str]:
    """Write the page's records whose place begins with `prefix` below `folder`; return their places."""
    places = []
    for match in BLOCK.finditer(PAGE):
        if match["place"].startswith(prefix):
            target = folder / match["place"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(match["text"], encoding="utf-8")
            places.append(match["place"])
    return places


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    _put(tmp_path, "our-catalog/")
    return tmp_path / "our-catalog"


def test_the_template_lints_clean_beside_the_catalog(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    places = _put(tmp_path, "catalog/")
    assert [place.split("/")[1] for place in places] == ["models", "providers", "families"]
    assert lint(tmp_path / "catalog", ROOT / "seeds") == []


def test_the_template_shows_every_group_of_facts_that_a_text_model_can_state() -> None:
    text = next(m["text"] for m in BLOCK.finditer(PAGE) if m["place"].startswith("catalog/models/"))
    shown = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    left_out = set(schema.Model.__struct_fields__) - shown
    assert left_out == {"training", "notes"}, "docs/adding-a-model.md: the template misses a group"


def test_a_slip_in_the_template_is_told_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    place = _put(tmp_path, "catalog/")[0]
    text = (tmp_path / place).read_text(encoding="utf-8")
    (tmp_path / place).write_text(text.replace("layers: 32, kv_heads", "layers: 31, kv_heads"), encoding="utf-8")
    problems = lint(tmp_path / "catalog", ROOT / "seeds")
    assert len(problems) == 1
    assert re.match(rf"{re.escape(place)}:\d+: the groups tell of 31 layers, the model has 32", problems[0])


def test_the_overlay_corrects_one_group_and_leaves_the_rest(overlay: Path) -> None:
    ours, theirs = load(), load((overlay,))
    before, after = ours.models["Qwen/Qwen3-14B"], theirs.models["Qwen/Qwen3-14B"]
    assert (before.availability.status, after.availability.status) == ("active", "retired")
    assert before.artifacts == after.artifacts
    assert before.license == after.license
    assert set(theirs.models) - set(ours.models) == {"our-bank/Helpdesk-8B"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (m["options"].split(), m["said"])
        for m in re.finditer(
            r"`advisor (?P<options>explain [^`]*--catalog our-catalog)`[^`]*```text\n(?P<said>[^\n]*)\n```", PAGE
        )
    ],
)
def test_the_overlay_says_what_the_page_says(overlay: Path, options: list[str], said: str) -> None:
    command = [sys.executable, "-m", "advisor", *options, "--ram", "24GB"]
    done = subprocess.run(
        command, cwd=overlay.parent, env={"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(overlay / "cache")},
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 1
    assert any(line.startswith(said + " [") for line in done.stdout.splitlines()), done.stdout + done.stderr


def test_both_commands_of_the_page_are_tried() -> None:
    assert PAGE.count("```text\nFAIL") == 2
