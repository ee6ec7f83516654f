"""`docs/verdicts.md`: the table holds every rule in the program's order, with options that exist."""

from __future__ import annotations

import re

from advisor.catalog.lineage import resolve as chain_of
from advisor.catalog.load import load
from advisor.cli.options import NEEDS
from advisor.rules.finding import RULES

from .generate import DOCS, rows

PAGE = (DOCS / "verdicts.md").read_text(encoding="utf-8")


def test_the_table_holds_every_rule() -> None:
    told = [re.sub(r"`([\w-]+)`.*", r"\1", cells[0]) for _, cells in rows(PAGE, "rule")]
    assert told == list(RULES), "docs/verdicts.md: the table of rules is not the program's"


def test_every_option_of_the_table_exists() -> None:
    known = {"--" + name.replace("_", "-") for name in NEEDS}
    for line, cells in rows(PAGE, "rule"):
        for option in re.findall(r"--[\w-]+", cells[-1]):
            assert option in known, f"docs/verdicts.md:{line}: no option {option}"


def test_the_example_of_lineage_still_holds() -> None:
    catalog = load()
    chain = chain_of(catalog, "deepseek-ai/DeepSeek-R1-Distill-Llama-8B")
    assert next(term.id for term in chain.terms) == "MIT"
    assert any("llama" in term.id for term in chain.terms[1:])
