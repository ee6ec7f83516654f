"""`docs/policies.md`: the example is sound, and the tables are the program's."""

from __future__ import annotations

import re
import typing
from pathlib import Path

from advisor.catalog.load import Catalog
from advisor.catalog.schema.policy import PolicyRule, Rule
from advisor.curation.lint import lint_policy
from advisor.needs.policies import load_policies

from .generate import DOCS, rows

PAGE = (DOCS / "policies.md").read_text(encoding="utf-8")


def example(folder: Path) -> Path:
    text = re.search(r"```yaml\n(# our-rules\.yaml\n.*?)```", PAGE, re.DOTALL)
    assert text
    path = folder / "our-rules.yaml"
    path.write_text(text[1], encoding="utf-8")
    return path


def test_the_example_is_sound(shipped: Catalog, tmp_path: Path) -> None:
    [used] = load_policies([str(example(tmp_path))], shipped, "2026-12-01")
    assert used.remarks == ()
    told = lint_policy(example(tmp_path), shipped)
    assert [problem for problem in told if "expired" not in problem] == []


def test_the_table_holds_every_kind_with_its_parameters() -> None:
    told = {cells[0].strip("`"): re.findall(r"`([a-z_]+)`", cells[2]) for _, cells in rows(PAGE, "kind")}
    beside = set(PolicyRule.__struct_fields__)
    kinds = {
        rule.__struct_config__.tag: [name for name in rule.__struct_fields__ if name not in beside]
        for rule in typing.get_args(Rule)
    }
    assert told == kinds


def test_the_table_holds_every_shipped_policy(shipped: Catalog) -> None:
    assert [cells[0].strip("`") for _, cells in rows(PAGE, "name")] == list(shipped.snapshot.policies)
