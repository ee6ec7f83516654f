"""What holds for every page: links lead somewhere, no paths of somebody's machine, decisions in one form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .generate import DOCS, ROOT

PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "CHANGELOG.md"])
DECISIONS = sorted((DOCS / "adr").glob("*.md"))
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_to_files_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t.split("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"https?:|#", t)]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing, f"{page.relative_to(ROOT)}: links that lead nowhere: {missing}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_path_of_a_machine_stands_on_a_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.:/<>-])/(?:home|root|tmp|work|Users|opt|mnt)/\S*", text)


@pytest.mark.parametrize("page", DECISIONS, ids=[page.name for page in DECISIONS])
def test_a_decision_has_question_decision_reason_and_price(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    number = page.name[:4]
    assert re.match(rf"# {number}: \S", text)
    assert re.search(r"^\*\*Decided\*\* \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert [part for part in ("Question", "Decision", "Why") if f"**{part}.**" not in text] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [page.name[:4] for page in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]
