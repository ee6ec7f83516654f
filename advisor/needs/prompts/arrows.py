"""Questions with arrow keys, by questionary (the extra `ask`)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import questionary
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from advisor.needs.prompts.interface import Move, Phrases, Prompt, move_in, narrow

_STYLE = questionary.Style([("pointer", "fg:ansicyan bold"), ("highlighted", "bold")])


class ArrowAsker:
    """Draws lists on stderr, so that stdout stays data; each is wiped once it is answered."""

    def __init__(
        self, say: Callable[[str], None], fold: Callable[[str, str], str], phrases: Phrases, colour: bool
    ) -> None:
        """Take how a paragraph is said, how text is folded under an indent, and whether colours may be used."""
        self._say = say
        self._fold = fold
        self._phrases = phrases
        self._depth = None if colour else ColorDepth.DEPTH_1_BIT

    def one(self, prompt: Prompt) -> str | Move:
        question = questionary.select(
            prompt.title,
            self._choices(prompt, ()),
            default=prompt.proposed[0],
            **self._drawn(prompt, "arrows_one"),
        )
        answer: str | Move = self._asked(question, (Keys.Left, Keys.Escape))
        return answer

    def many(self, prompt: Prompt) -> tuple[str, ...] | Move:
        while True:
            question = questionary.checkbox(
                prompt.title,
                self._choices(prompt, prompt.proposed),
                initial_choice=prompt.proposed[0],
                **self._drawn(prompt, "arrows_many"),
            )
            answer = self._asked(question, (Keys.Left, Keys.Escape))
            if isinstance(answer, Move):
                return answer
            if answer:
                return tuple(answer)
            self.tell(self._phrases("mark_one"))

    def typed(self, prompt: Prompt) -> str | Move:
        question = questionary.text(prompt.title, **self._drawn(prompt, "arrows_typed"))
        answer = self._asked(question, (Keys.Escape,))
        if isinstance(answer, Move):
            return answer
        return move_in(answer) or narrow(answer) or " ".join(prompt.proposed)

    def tell(self, text: str) -> None:
        self._say(text)

    def _drawn(self, prompt: Prompt, hint: str) -> dict[str, Any]:
        """Return how a prompt is drawn: under its title why it is asked, which keys there are, what Enter gives."""
        self._say("")
        told = [prompt.why, self._phrases(hint)]
        if not prompt.choices and prompt.proposed:
            told.append(self._phrases("proposed", default=" ".join(prompt.proposed)))
        below = "".join("\n" + self._fold(text, "  ") for text in told)
        return {
            "qmark": "",
            "style": _STYLE,
            "instruction": below if prompt.choices else below + "\n>",
            "output": _terminal(),
            "erase_when_done": True,
            "color_depth": self._depth,
        }

    def _choices(self, prompt: Prompt, marked: Iterable[str]) -> list[questionary.Choice]:
        return [questionary.Choice(c.text, value=c.id, checked=c.id in marked) for c in prompt.choices]

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


def _terminal() -> Output:
    """Return where questions are drawn; it is not asked where its cursor is, for some terminals never answer."""
    output = create_output(stdout=sys.stderr)
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False
    return output
