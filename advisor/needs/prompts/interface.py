"""What the questionnaire asks of a way to put questions."""

from __future__ import annotations

import enum
import unicodedata
from typing import NamedTuple, Protocol

from advisor.catalog.schema.questions import UiLanguage, Words


class Move(enum.Enum):
    """What a person may want in place of answering."""

    BACK = "back"
    QUIT = "quit"
    NOT_SURE = "not sure"


class Choice(NamedTuple):
    """One line of a list."""

    id: str
    text: str


class Prompt(NamedTuple):
    """One question as it is put: all texts are in the person's language."""

    title: str
    why: str
    proposed: tuple[str, ...]
    """What Enter alone gives: ids of choices, or the text to be typed; nothing where there is no default."""
    choices: tuple[Choice, ...] = ()


class Asker(Protocol):
    """Puts questions and says things; nothing typed is ever an error here."""

    def one(self, prompt: Prompt) -> str | Move:
        """Return the id of one choice."""

    def many(self, prompt: Prompt) -> tuple[str, ...] | Move:
        """Return the ids of one choice or more."""

    def typed(self, prompt: Prompt) -> str | Move:
        """Return what was typed, or what was proposed."""

    def tell(self, text: str) -> None:
        """Say something."""


class Phrases:
    """The words around the questions in one language."""

    def __init__(self, words: Words, language: UiLanguage) -> None:
        self._words = words
        self.language = language

    def __call__(self, name: str, **blanks: object) -> str:
        """Return one sentence with its blanks filled."""
        text: str = getattr(self._words, name).in_(self.language)
        for blank, value in blanks.items():
            text = text.replace(f"{{{blank}}}", str(value))
        return text


_MOVES = {
    "b": Move.BACK, "back": Move.BACK, "戻る": Move.BACK, "q": Move.QUIT, "quit": Move.QUIT, "中断": Move.QUIT,
    "?": Move.NOT_SURE,
}  # fmt: skip


def move_in(line: str) -> Move | None:
    """Return what a line means that is no answer."""
    return _MOVES.get(narrow(line).casefold())


def narrow(line: str) -> str:
    """Return a line with full-width characters made narrow, so that `１` is `1`."""
    return unicodedata.normalize("NFKC", line).strip()
