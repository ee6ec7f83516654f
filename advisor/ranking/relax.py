"""The smallest changes of the requirements that let something pass; each is tried before it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import msgspec

from advisor.hardware.schema import Machine
from advisor.needs.schema import Requirements
from advisor.needs.units import parse_size
from advisor.ranking.schema import Relaxation, RelaxedOption
from advisor.rules.evaluate import Judged, evaluate, prepare
from advisor.rules.finding import Value
from advisor.rules.subject import Need
from advisor.rules.verdict import PASS

TRIED = 12
"""How many changes are tried at most, those that would settle most models first."""
_SIZES = ("ram", "vram")


class _Step(NamedTuple):
    """One requirement set to another value."""

    option: str
    to: Value


def relaxations(judged: Sequence[Judged], need: Need) -> list[Relaxation]:
    """Return the smallest sets of changes (one, else two) after which a model passes; none where one does."""
    if any(j.verdict is PASS for j in judged):
        return []
    blocked = [(j, steps) for j in judged if (steps := _steps(j, need)) is not None]
    for size in (1, 2):
        found = _tried(blocked, need, size)
        if found:
            return found
    return []


def changes_for(judged: Judged, need: Need) -> list[Relaxation]:
    """Return the change of up to two requirements that lets this one model pass."""
    steps = _steps(judged, need)
    return _tried([(judged, steps)], need, len(steps)) if steps else []


def _steps(judged: Judged, need: Need) -> frozenset[_Step] | None:
    """Return what would have to change for a model to pass; None where no change of requirements does it."""
    steps = {}
    for finding in judged.findings:
        if finding.verdict is PASS:
            continue
        change = finding.change()
        if change is None:
            return None
        steps[change.option] = _Step(change.option, _frozen(change.to))
    return frozenset(steps.values()) if 0 < len(steps) <= 2 else None


def _frozen(value: Value) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _tried(blocked: Sequence[tuple[Judged, frozenset[_Step]]], need: Need, size: int) -> list[Relaxation]:
    found: dict[tuple[_Step, ...], tuple[str, ...]] = {}
    for steps in list(_candidates(blocked, size))[:TRIED]:
        changed = _apply(need, steps)
        options = {step.option for step in steps}
        models = [j.subject.id for j, own in blocked if {s.option for s in own} <= options]
        passing = tuple(j.subject.id for j in evaluate(changed, models) if j.verdict is PASS)
        if passing and passing not in found.values():
            found[steps] = passing
    return [Relaxation(relax=tuple(_told(step, need) for step in steps), passes=ids) for steps, ids in found.items()]


def _candidates(blocked: Sequence[tuple[Judged, frozenset[_Step]]], size: int) -> Iterator[tuple[_Step, ...]]:
    """Yield the sets of exactly `size` steps that models ask for, the most asked for first."""
    counts: dict[tuple[_Step, ...], int] = {}
    for _, steps in blocked:
        for chosen in combinations(sorted(steps, key=str), size):
            if len(chosen) == len(steps):
                counts[chosen] = counts.get(chosen, 0) + 1
    yield from sorted(counts, key=lambda steps: (-counts[steps], _cost(steps), str(steps)))


def _cost(steps: tuple[_Step, ...]) -> int:
    """Prefer less memory to buy."""
    return sum(parse_size(str(step.to)) for step in steps if step.option in _SIZES)


def _apply(need: Need, steps: tuple[_Step, ...]) -> Need:
    """Return the need with the requirements (and the machine) changed."""
    requirements: Requirements = need.requirements
    machine: Machine = need.machine
    for step in steps:
        to: Any = step.to
        if step.option in _SIZES:
            to = parse_size(str(to))
            machine = msgspec.structs.replace(machine, **{f"{step.option}_bytes": to})
        if step.option == "task" and not to:
            to = ("chat",)
        requirements = msgspec.structs.replace(requirements, **{step.option: to})
    return prepare(requirements, need.catalog, machine)


def _told(step: _Step, need: Need) -> RelaxedOption:
    before = getattr(need.machine, f"{step.option}_bytes", None) if step.option in _SIZES else None
    before = before if before is not None else getattr(need.requirements, step.option)
    if before in (None, ()):
        before = None
    return RelaxedOption(option=step.option, from_=_thawed(before), to=_thawed(step.to))


def _thawed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
