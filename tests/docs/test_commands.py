"""`docs/commands.md` says what the program says."""

from __future__ import annotations

import re

from .generate import COMMANDS, commands_page


def test_the_page_holds_the_help_of_every_command() -> None:
    page = COMMANDS.read_text(encoding="utf-8")
    assert page == commands_page(), "docs/commands.md is not what the program prints; run: make docs"


def test_nothing_of_the_machine_stands_on_the_page() -> None:
    assert not re.search(r"(^|\s)/(home|root|tmp|work|Users)/", COMMANDS.read_text(encoding="utf-8"))
