"""Questions with arrow keys, by questionary (the extra `ask`)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import questionary
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import create_output
from prompt_toolkit.output.color_depth import ColorDepth

from advisor.needs.prompts.interface import Move, Phrases, Prompt, move_in, narrow


class ArrowAsker:
    """Draws lists on stderr, so that stdout stays data; each is wiped once it is answered."""

    def __init__(self, say: Callable[..., None], phrases: Phrases, colour: bool) -> None:
        """Take how a paragraph is said (with an indent), and whether colours may be used."""
        self._say = say
        self._phrases = phrases
        self._depth = None if colour else ColorDepth.DEPTH_1_BIT

    def one(self, prompt: Prompt) -> str | Move:
        self._show(prompt, "arrows_one")
        default = prompt.proposed[0] if prompt.proposed else None
        question = questionary.select(
            prompt.title, self._choices(prompt, ()), default=default, instruction=" ", qmark=">",
            **self._drawn(),
        )  # fmt: skip
        answer: str | Move = self._asked(question, (Keys.Left, Keys.Escape))
        return answer

    def many(self, prompt: Prompt) -> tuple[str, ...] | Move:
        self._show(prompt, "arrows_many")

        def enough(marked: list[str]) -> bool | str:
            return True if marked else self._phrases("mark_one")

        question = questionary.checkbox(
            prompt.title, self._choices(prompt, prompt.proposed), validate=enough, instruction=" ", qmark=">",
            initial_choice=prompt.proposed[0] if prompt.proposed else None, **self._drawn(),
        )  # fmt: skip
        answer = self._asked(question, (Keys.Left, Keys.Escape))
        return answer if isinstance(answer, Move) else tuple(answer)

    def typed(self, prompt: Prompt) -> str | Move:
        self._show(prompt, "arrows_typed")
        if prompt.proposed:
            self._say(self._phrases("proposed", default=" ".join(prompt.proposed)), indent="  ")
        question = questionary.text(prompt.title, qmark=">", **self._drawn())
        answer = self._asked(question, (Keys.Escape,))
        if isinstance(answer, Move):
            return answer
        return move_in(answer) or narrow(answer) or " ".join(prompt.proposed)

    def tell(self, text: str) -> None:
        self._say(text)

    def _show(self, prompt: Prompt, hint: str) -> None:
        self._say("")
        self._say(prompt.why, indent="  ")
        self._say(self._phrases(hint), indent="  ")

    def _choices(self, prompt: Prompt, marked: Iterable[str]) -> list[questionary.Choice]:
        return [questionary.Choice(c.text, value=c.id, checked=c.id in marked) for c in prompt.choices]

    def _drawn(self) -> dict[str, Any]:
        output = create_output(stdout=sys.stderr)
        return {"output": output, "erase_when_done": True, "color_depth": self._depth}

    def _asked(self, question: questionary.Question, back: Iterable[Keys]) -> Any:
        """Run a prompt in which some keys go back."""
        keys = KeyBindings()

        def leave(event: KeyPressEvent) -> None:
            event.app.exit(result=Move.BACK)

        for key in back:
            keys.add(key, eager=True)(leave)
        application = question.application
        held = application.key_bindings
        application.key_bindings = merge_key_bindings([held, keys] if held else [keys])
        return question.unsafe_ask()
