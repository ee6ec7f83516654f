"""Questions line by line: for terminals without cursor keys, pipes, and installs without the extra `ask`."""

from __future__ import annotations

import re
from collections.abc import Callable

from advisor.needs.prompts.interface import Choice, Move, Phrases, Prompt, move_in, narrow


class LineAsker:
    """Prints numbered lists and reads lines; `read` raises EOFError where there are no more."""

    def __init__(self, say: Callable[..., None], read: Callable[[str], str], phrases: Phrases) -> None:
        """Take how a paragraph is said (with an indent) and how a line is read (after a prompt)."""
        self._say = say
        self._read = read
        self._phrases = phrases

    def one(self, prompt: Prompt) -> str | Move:
        self._show(prompt, "lines_one")
        while True:
            found = self._chosen(prompt)
            if isinstance(found, Move):
                return found
            if len(found) == 1:
                return found[0]
            self.tell(self._phrases("not_offered"))

    def many(self, prompt: Prompt) -> tuple[str, ...] | Move:
        self._show(prompt, "lines_many")
        while not (found := self._chosen(prompt)):
            self.tell(self._phrases("not_offered"))
        return found

    def typed(self, prompt: Prompt) -> str | Move:
        self._show(prompt, "lines_typed")
        line = self._read("> ")
        return move_in(line) or narrow(line) or " ".join(prompt.proposed)

    def tell(self, text: str) -> None:
        self._say(text)

    def _show(self, prompt: Prompt, hint: str) -> None:
        self._say("")
        self._say(prompt.title)
        self._say(prompt.why, indent="  ")
        for number, choice in enumerate(prompt.choices, 1):
            self._say(choice.text, indent="     ", first=f"{number:>3}. ")
        texts = {choice.id: choice.text for choice in prompt.choices}
        told = ", ".join(texts.get(item, item) for item in prompt.proposed)
        self._say(self._phrases(hint), indent="  ")
        if told:
            self._say(self._phrases("proposed", default=told), indent="  ")

    def _chosen(self, prompt: Prompt) -> tuple[str, ...] | Move:
        """Read one line of numbers or ids; nothing where one of them is no choice."""
        line = self._read("> ")
        if move := move_in(line):
            return move
        words = re.split(r"[,、，\s]+", narrow(line)) if narrow(line) else list(prompt.proposed)
        found = [_choice(word, prompt.choices) for word in words if word]
        return tuple(dict.fromkeys(item for item in found if item)) if all(found) else ()


def _choice(word: str, choices: tuple[Choice, ...]) -> str | None:
    if word.isdecimal() and 1 <= int(word) <= len(choices):
        return choices[int(word) - 1].id
    return next((choice.id for choice in choices if choice.id.casefold() == word.casefold()), None)
