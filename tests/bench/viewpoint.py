"""How often the classes of the viewpoint battery are right: python tests/bench/viewpoint.py

On 98 answers in 14 languages, written by us as models write them and labelled by hand: `viewpoint_answers.yaml` beside
the tests.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from advisor.smoke.politeness.accuracy import Score
from advisor.smoke.viewpoint import CLASSES, classify
from advisor.strict_yaml import parse

ANSWERS = Path(__file__).parents[1] / "smoke" / "viewpoint_answers.yaml"


class Judged(NamedTuple):
    """One answer: its language, its label, and what it was taken for."""

    language: str
    label: str
    found: str
    text: str


def judged() -> list[Judged]:
    """Return every labelled answer with what it was taken for."""
    labelled = parse(ANSWERS.read_text(encoding="utf-8"))
    return [
        Judged(language, label, classify(text), text)
        for language, kinds in labelled.items()
        for label, texts in kinds.items()
        for text in texts
    ]


def score(answers: list[Judged], name: str) -> Score:
    """Return how well one class is found."""
    return Score(
        sum(one.label == one.found == name for one in answers),
        sum(one.found == name for one in answers),
        sum(one.label == name for one in answers),
    )


def main() -> None:
    """Print precision and recall of each class, then what was taken for something else."""
    answers = judged()
    for name in CLASSES[:3]:
        found = score(answers, name)
        told = f"precision {found.precision:.2f}  recall {found.recall:.2f}  of {found.labelled}"
        sys.stdout.write(f"{name:<9} {told}\n")
    for one in answers:
        if one.label != one.found:
            sys.stdout.write(f"{one.language}: {one.label}, taken for {one.found}: {one.text}\n")


if __name__ == "__main__":
    main()
