"""Does the first place survive other weights?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.ranking.criteria import Value
from advisor.ranking.schema import Sensitivity, WeightChange
from advisor.ranking.score import order_key, total
from advisor.rules.evaluate import Judged

CHANGE = 0.2
Scored = tuple[Judged, Mapping[str, Value]]


def sensitivity(scored: Sequence[Scored], shares: Mapping[str, float]) -> Sensitivity | None:
    """Raise and lower each weight by a fifth in turn; None where fewer than two models are left."""
    if len(scored) < 2:
        return None
    first = _first(scored, shares)
    scored = _contenders(scored, shares)
    changes = []
    for name, share in shares.items():
        for factor in (1 - CHANGE, 1 + CHANGE):
            changed = {**shares, name: share * factor}
            whole = sum(changed.values())
            winner = _first(scored, {n: s / whole for n, s in changed.items()})
            if winner != first:
                changes.append(WeightChange(criterion=name, factor=round(factor, 2), first=winner))
    return Sensitivity(by=CHANGE, stable=not changes, changes=tuple(changes))


def _contenders(scored: Sequence[Scored], shares: Mapping[str, float]) -> Sequence[Scored]:
    """Leave out who is too far behind: a weight changed by a fifth moves no gap by more than a fifth of it."""
    totals = [total(values, shares) for _, values in scored]
    reach = max(totals) - CHANGE * max(shares.values())
    return [row for row, found in zip(scored, totals, strict=True) if found >= reach]


def _first(scored: Sequence[Scored], shares: Mapping[str, float]) -> str:
    judged, _ = min(scored, key=lambda row: order_key(row[0], total(row[1], shares)))
    return judged.subject.id
