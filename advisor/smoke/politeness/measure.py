"""What is measured of one reply in Japanese: how its sentences end, whether it keeps one register, which forms it uses.

Limits: it does not tell who is elevated by whom beyond a few listed errors, whether the reply meets what the customer
meant, or how warm it is. For these a sheet is printed for people.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from advisor.smoke.politeness.accuracy import Score, scores
from advisor.smoke.politeness.forms import Class, Found, markers_in, unsuitable_in
from advisor.smoke.politeness.register import Classify, Kind, Register, by_suffix, by_words
from advisor.smoke.politeness.sentences import is_japanese, sentences
from advisor.smoke.politeness.words import INSTALL, sudachi


class Measure(NamedTuple):
    """A way to tell the register of a sentence."""

    name: str
    classify: Classify
    approximate: bool = False

    def accuracy(self) -> Score:
        """Return how well it finds polite sentences among those of ours by which it was not mended."""
        ordinary, hard = (scores(self.classify, part)["polite"] for part in ("held-out", "hard"))
        return Score(*(a + b for a, b in zip(ordinary, hard, strict=True)))

    def told(self) -> str:
        """Say which measure this is and how far it can be trusted."""
        score = self.accuracy()
        right = (
            f"on {score.labelled} polite sentences of ours and others beside them: precision {score.precision:.2f}, "
            f"recall {score.recall:.2f}"
        )
        if self.approximate:
            return f"approximate, by the last letters of a sentence ({right}); {INSTALL} measures by grammar"
        return f"by grammar with {self.name} ({right})"


class Measured(NamedTuple):
    """One reply: its sentences with their registers, respectful forms by class, and forms out of place."""

    sentences: tuple[tuple[str, Register], ...]
    markers: Counter[Class]
    unsuitable: tuple[Found, ...]

    def count(self, kind: Kind) -> int:
        """Return how many sentences are of a kind."""
        return sum(register.kind == kind for _, register in self.sentences)

    @property
    def judged(self) -> int:
        """Sentences that have a register; headings and the like have none."""
        return len(self.sentences) - self.count("none")

    @property
    def ending_politely(self) -> int:
        """Sentences that end politely, mixed ones included."""
        return sum(register.ending == "polite" for _, register in self.sentences)

    @property
    def rate(self) -> float:
        """The share of judged sentences that end politely."""
        return self.ending_politely / self.judged if self.judged else 0.0

    @property
    def consistency(self) -> float:
        """The share of judged sentences in the register that most of them have; mixed ones are in none."""
        return max(self.count("polite"), self.count("plain")) / self.judged if self.judged else 0.0

    def breaks(self) -> list[str]:
        """Return the sentences that are not polite, and those in which something casual stands."""
        return [sentence for sentence, register in self.sentences if register.kind in ("plain", "mixed")]


def best() -> Measure:
    """Return the measure by grammar where the extra `ja` is installed, else the approximate one."""
    try:
        return Measure("SudachiPy", by_words(sudachi()))
    except ImportError:
        return approximate()


def approximate() -> Measure:
    """Return the measure that needs no extra."""
    return Measure("suffixes", by_suffix, approximate=True)


def measured(text: str, measure: Measure) -> Measured:
    """Measure one reply; lines without kana are left out."""
    found = tuple((s, measure.classify(s)) for s in sentences(text) if is_japanese(s))
    return Measured(found, markers_in(text), tuple(unsuitable_in(text)))
