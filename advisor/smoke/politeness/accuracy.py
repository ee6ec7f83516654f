"""How often is a measure of register right? Precision and recall on sentences of ours, labelled by hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

from msgspec import Meta

from advisor.catalog.schema import Record, Text
from advisor.records import read_record
from advisor.smoke.politeness.register import Classify, Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
Part = Literal["tuning", "held-out", "hard"]
Sentences = Annotated[tuple[Text, ...], Meta(min_length=1)]


class Labelled(Record, frozen=True, kw_only=True):
    """Sentences by label."""

    polite: Sentences
    plain: Sentences
    mixed: Sentences
    none: Sentences


class LabelledSentences(Record, frozen=True, kw_only=True, rename="kebab"):
    """Those by which the rules were mended, and those on which they are measured: ordinary ones, and traps."""

    schema: Literal["advisor.labelled-sentences/1"]
    tuning: Labelled
    held_out: Labelled
    hard: Labelled


class Score(NamedTuple):
    """How well one label is found: counts of right ones, of all that were called so, and of all that are so."""

    right: int
    called: int
    labelled: int

    @property
    def precision(self) -> float:
        """Of those called so, the share that is so."""
        return self.right / self.called if self.called else 0.0

    @property
    def recall(self) -> float:
        """Of those that are so, the share that is called so."""
        return self.right / self.labelled if self.labelled else 0.0


class Miss(NamedTuple):
    """A sentence that a measure got wrong."""

    sentence: str
    label: Kind
    called: Kind


@cache
def sentences(part: Part) -> Mapping[Kind, tuple[str, ...]]:
    """Return our labelled sentences by label."""
    text = Path(__file__).with_name("labelled.yaml").read_text(encoding="utf-8")
    chosen: Labelled = getattr(read_record(text, LabelledSentences), part.replace("-", "_"))
    return {"polite": chosen.polite, "plain": chosen.plain, "mixed": chosen.mixed, "none": chosen.none}


def scores(classify: Classify, part: Part) -> dict[Kind, Score]:
    """Measure a measure."""
    pairs = [(label, classify(s).kind) for label, listed in sentences(part).items() for s in listed]
    return {
        kind: Score(
            sum(label == called == kind for label, called in pairs),
            sum(called == kind for _, called in pairs),
            sum(label == kind for label, _ in pairs),
        )
        for kind in KINDS
    }


def misses(classify: Classify, part: Part) -> list[Miss]:
    """Return what a measure got wrong."""
    judged = ((s, label, classify(s).kind) for label, listed in sentences(part).items() for s in listed)
    return [Miss(*one) for one in judged if one[1] != one[2]]
