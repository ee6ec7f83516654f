"""A bench at which a table answers, for probes whose judgement is tested; the real engine answers in its own tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisor.engine.interface import EngineFacts, Message, Reply
from advisor.smoke.bench import Exchange, Performance


def exchange(text: str, case: str = "case", language: str | None = None) -> Exchange:
    """Return an exchange with this answer."""
    asked = (Message(role="user", content="?"),)
    return Exchange(case=case, messages=asked, reply=Reply(text=text, finish="stop", seconds=1.0), language=language)


class BenchOfAnswers:
    """Answers by a function of the prompt; counts tokens by another, if given."""

    def __init__(
        self,
        answer: Callable[[str], str] = lambda _: "",
        language: str | None = None,
        count: Callable[[str], int] | None = None,
        file: Path | None = None,
    ) -> None:
        self.facts = EngineFacts(name="table")
        self.file, self.context, self.language, self.repeat = file, 8192, language, 3
        self.exchanges: list[Exchange] = []
        self.predicted = Performance()
        self._answer, self._count = answer, count

    def ask(
        self, prompt: str | tuple[Message, ...], *, case: str | None = None, system: str | None = None, **_more: Any
    ) -> Exchange:
        assert isinstance(prompt, str)
        given = exchange(self._answer(prompt), case or "case", self.language)
        self.exchanges.append(given)
        return given

    def count(self, text: str) -> int | None:
        return self._count(text) if self._count else None

    def seconds_left(self) -> float:
        return 60.0

    def peak_rss(self) -> int | None:
        return None

    def tell(self, performance: Performance) -> None:
        raise AssertionError("no probe of these tests measures speed")
