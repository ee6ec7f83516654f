"""The terminal that questions are put on: what it can, its language, how lines are said and read."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from advisor.catalog.schema.questions import UiLanguage
from advisor.cli.output import say, terminal_width
from advisor.needs.prompts.interface import Asker, Phrases
from advisor.render.columns import paragraph

MENDING = "pip install 'local-model-advisor[ask]' brings lists to move in with the arrow keys."


def ui_language(surroundings: Mapping[str, str]) -> UiLanguage:
    """Return the language of the person's locale, as far as the questions have it."""
    named = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := surroundings.get(name))), "")
    if not named:
        named = locale.getlocale()[0] or ""
    return "ja" if named.casefold().startswith("ja") else "en"


def asker(phrases: Phrases) -> Asker:
    """Return questions with arrow keys where the terminal and the install can, line by line elsewhere."""
    if not _has_cursor():
        from advisor.needs.prompts.lines import LineAsker

        return LineAsker(say_paragraph, read_line, phrases)
    if find_spec("questionary") is None:
        from advisor.needs.prompts.lines import LineAsker

        say_paragraph(MENDING)
        return LineAsker(say_paragraph, read_line, phrases)
    from advisor.needs.prompts.arrows import ArrowAsker

    return ArrowAsker(say_paragraph, folded, phrases, colour="NO_COLOR" not in os.environ)


def _has_cursor() -> bool:
    """Say whether a person sits at a terminal on which a cursor can be moved."""
    streams = (sys.stdin, sys.stderr)
    if any(stream is None or stream.closed or not stream.isatty() for stream in streams):
        return False
    return sys.platform == "win32" or os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")


def say_paragraph(text: str, indent: str = "", first: str | None = None) -> None:
    """Say prose, wrapped to the terminal as it is now."""
    say(folded(text, indent, first) if text else "")


def folded(text: str, indent: str = "", first: str | None = None) -> str:
    """Return prose wrapped to the terminal as it is now."""
    return paragraph(text, terminal_width(sys.stderr) - 1, indent, first)


def read_line(prompt: str) -> str:
    """Read one line of what is typed.

    Raises:
        EOFError: where there is no more.
    """
    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.write(prompt)
        sys.stderr.flush()
    if sys.stdin is None or sys.stdin.closed:
        raise EOFError
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"
    if not line:
        raise EOFError
    return line
