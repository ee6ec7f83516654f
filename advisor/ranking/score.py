"""From values to a score: a weighted sum whose parts add up, and an order that does not depend on chance."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.needs.weights import CRITERIA as WEIGHTS
from advisor.ranking.criteria import CRITERIA, Value
from advisor.ranking.schema import CriterionScore
from advisor.rules.evaluate import Judged
from advisor.rules.subject import Need
from advisor.rules.verdict import PASS


def weights(need: Need) -> dict[str, float]:
    """Return the shares of the criteria that apply, preferences included; they add up to 1.

    Language and task both say how good the answers are: where no language is asked, its weight goes to the task;
    half of it does where no independent benchmark tells the models apart in any language asked. Where every
    preference that applies is 0, the published weights hold.
    """
    measured = any(("independent", tag) in need.harnesses for tag in need.requirements.lang)
    kept = WEIGHTS["language"] * (1.0 if measured else 0.5 if need.requirements.lang else 0.0)
    published = {**WEIGHTS, "language": kept, "task": WEIGHTS["task"] + WEIGHTS["language"] - kept}
    wanted = {name: need.requirements.prefer.get(name, weight) if weight else 0.0 for name, weight in published.items()}
    if not any(wanted.values()):
        wanted = published
    total = sum(wanted.values())
    return {name: weight / total for name, weight in wanted.items()}


def values(judged: Judged, need: Need) -> dict[str, Value]:
    """Return the value of every criterion that applies."""
    return {name: value for name, of in CRITERIA.items() if (value := of(judged, need)) is not None}


def total(found: Mapping[str, Value], shares: Mapping[str, float]) -> float:
    """Return the weighted sum: that of the parts as they are printed, so that they add up exactly."""
    return round(sum(_contribution(value, shares[name]) for name, value in found.items()), 4)


def _contribution(value: Value, share: float) -> float:
    return round(value.value * share, 4)


def told(found: Mapping[str, Value], shares: Mapping[str, float]) -> tuple[CriterionScore, ...]:
    """Return the parts of a score, as they stand in the document."""
    return tuple(
        CriterionScore(
            criterion=name,
            value=round(value.value, 4),
            weight=round(shares[name], 4),
            contribution=_contribution(value, shares[name]),
            basis=value.basis,
            sources=value.sources,
        )
        for name, value in found.items()
    )


def order_key(judged: Judged, score: float) -> tuple[bool, float, str]:
    """Return a key that is least for the first place: passes before unknowns, then the score, then the id."""
    return (judged.verdict is not PASS, -score, judged.subject.id)
