"""`docs/ask.md`: the example answers lead to a recommendation, and names on the page are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

from advisor.ask import Questionnaire
from advisor.catalog.load import Catalog
from advisor.needs.answers import followed, read, unneeded
from advisor.needs.questions import requirements_of
from advisor.needs.resolve import resolve

from .generate import DOCS

PAGE = (DOCS / "ask.md").read_text(encoding="utf-8")


def test_the_example_is_followed_to_the_end(shipped: Catalog, tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(schema: advisor\.answers/1\n.*?)```", PAGE, re.DOTALL)
    assert example
    file = tmp_path / "answers.yaml"
    file.write_text(example[1], encoding="utf-8")
    asked = Questionnaire(shipped, {}, None)
    answers = followed(asked.questions, file, {}, asked.judge)
    assert [name for name in unneeded(read(file).file, answers) if name != "members"] == []
    found = resolve(requirements_of(asked.questions, answers), shipped)
    assert (found.lang, found.use, found.vram) == (("ja", "en"), "customer-facing", 24 * 10**9)
    assert asked.judge(answers).left > 0


def test_the_options_on_the_page_are_those_of_the_command() -> None:
    from advisor.cli.ask import command

    known = {name for parameter in command.params for name in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) <= known
